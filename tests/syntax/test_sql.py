"""SQL is taken apart as psql does it, and what sqlglot can't read is never guessed at."""

import os
from pathlib import Path

import pglast
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pglast.visitors import Visitor

from pgsurvive.syntax import sql
from tests.docs.page import Kind, Page, find_pages

CORPUS = os.environ.get("PGSURVIVE_CORPUS")


def _texts(text: str) -> list[str]:
    return [statement.text for statement in sql.statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';' ; SELECT \";\"", ["SELECT ';'", 'SELECT ";"']),
        ("SELECT E'it\\'s; fine'; SELECT 'it''s; fine'", ["SELECT E'it\\'s; fine'", "SELECT 'it''s; fine'"]),
        ("-- a; b\nSELECT 1 /* ; /* ; */ ; */ + 1;", ["SELECT 1 /* ; /* ; */ ; */ + 1"]),
        ("DO $x$ BEGIN; $$;$$ END $x$; SELECT 1", ["DO $x$ BEGIN; $$;$$ END $x$", "SELECT 1"]),
        ("CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2);",
         ["CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2)"]),
        ("\\set x 'a;b'\nSELECT 1;\n\\c shop\nSELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1 \\gset\nSELECT 2 \\g out.txt\nSELECT 3", ["SELECT 1", "SELECT 2", "SELECT 3"]),
        ("SELECT 1\\; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("COPY t FROM stdin;\na;b\n\\.\nSELECT 1;", ["COPY t FROM stdin", "SELECT 1"]),
        ("COPY t FROM stdin;\nnever ends", ["COPY t FROM stdin"]),
        ("SELECT 'never ends; ", ["SELECT 'never ends;"]),
        ("", []),
        (";;  ; -- nothing", []),
    ],
)  # fmt: skip
def test_a_statement_ends_where_psql_ends_it(text: str, expected: list[str]) -> None:
    assert _texts(text) == expected


def test_a_statement_knows_where_it_stands() -> None:
    text = "-- first\n  SELECT 1 ;\n\nSELECT\n 2"
    assert [text[s.start : s.end] for s in sql.statements(text)] == ["SELECT 1", "SELECT\n 2"]


def test_commands_of_psql_are_told_from_sql() -> None:
    text = "-- first\n\\set a 1\nSELECT '\\copy';\n\\copy t TO 'x.csv' CSV  \n"
    assert [c.text for c in sql.meta_commands(text)] == ["\\set a 1", "\\copy t TO 'x.csv' CSV"]


def test_calls_are_found_with_their_places_and_constants() -> None:
    text = "SELECT pg_catalog.PG_Start_Backup('night', true), f(x, 1) -- pg_stop_backup()\nFROM g('pg_stop_backup()')"
    (statement,) = sql.statements(text)
    assert [(c.name, text[c.start : c.end], c.constants) for c in sql.calls(statement)] == [
        ("pg_start_backup", "PG_Start_Backup", ("night", "true")),
        ("f", "f", (None, "1")),
        ("g", "g", ("pg_stop_backup()",)),
    ]


def test_variables_of_psql_are_read_as_values_and_names() -> None:
    (statement,) = sql.statements("SELECT pg_start_backup(:'label', :fast) FROM :\"table\" WHERE a::int > 1")
    assert [(c.name, c.arguments) for c in sql.calls(statement)] == [("pg_start_backup", 2)]


@pytest.mark.parametrize(
    "text", ["SELECT FROM WHERE (", "GRANT nonsense", "ALTER SYSTEM SET fsync = off", "DO $$x$$", "$"]
)
def test_what_sqlglot_does_not_read_has_no_tree(text: str) -> None:
    (statement,) = sql.statements(text)
    assert sql.tree(statement) is None
    assert sql.calls(statement) == ()


@given(st.text(alphabet=st.sampled_from("ab1 \n\t;'\"$\\()-/*:.,x=E\udc80é")) | st.text())
def test_any_text_is_taken_apart_without_an_error(text: str) -> None:
    for statement in sql.statements(text):
        assert text[statement.start : statement.end] == statement.text
        sql.calls(statement)
    for command in sql.meta_commands(text):
        assert text[command.start : command.end] == command.text


def _plain(file: Path) -> str | None:
    """A file's text, if it is SQL that PostgreSQL's own grammar reads, without psql's commands and variables."""
    text = file.read_text(errors="replace")
    try:
        pglast.parse_sql(text)
    except pglast.parser.ParseError:
        return None
    return text


def _real_statements() -> list[str]:
    """The SQL of the pages, and of real files where there are some."""
    blocks = [b.source for path in find_pages() for b in Page.read(path).blocks if b.kind is Kind.SQL]
    files = sorted((Path(CORPUS) / "dev/sql").iterdir()) if CORPUS else []
    return blocks + [text for file in files if (text := _plain(file)) is not None]


class _Calls(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_FuncCall(self, _: object, node: pglast.ast.FuncCall) -> None:  # noqa: N802 - pglast's protocol
        self.names.add((node.funcname or ())[-1].sval)


def test_real_sql_is_taken_apart_and_read_as_postgresql_does() -> None:
    compared = 0
    for text in _real_statements():
        try:
            theirs = pglast.split(text)
        except pglast.parser.ParseError:
            continue  # a page may show psql's commands
        mine = sql.statements(text)
        assert len(mine) == len(theirs), text
        for one, other in zip(mine, theirs, strict=True):
            assert other.strip().endswith(one.text), text
            calls = _Calls()
            calls(pglast.parse_sql(other))
            assert {call.name for call in sql.calls(one)} <= calls.names, one.text
            compared += 1
    assert compared > 20
