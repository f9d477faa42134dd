"""The parser against the server itself: pg_file_settings shows what the server makes of a file."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.syntax.postgresql_conf import parse
from pgsurvive.text import Source
from tests.support.lab import Lab

SNIPPETS = {
    "plain": "work_mem = 4MB\n",
    "without the equals sign": "work_mem 4MB\n",
    "without spaces": "work_mem=4MB\n",
    "upper case": "WORK_Mem = 4MB\n",
    "quoted": "search_path = 'a b'\n",
    "quotes inside": "search_path = 'it''s \\'quoted\\''\n",
    "escapes": "search_path = 'tab\\tline\\nbell\\bform\\f\\101\\x'\n",
    "a comment behind": "work_mem = 4MB # four\n",
    "a sign in quotes": "search_path = 'a#b' # c\n",
    "carriage returns": "work_mem = 4MB\r\nport = 5433\r\n",
    "no final line end": "work_mem = 4MB\nport = 5433",
    "tabs": "\twork_mem\t=\t4MB\t\n",
    "twice": "work_mem = 4MB\nwork_mem = 8MB\n",
    "a custom setting": "my.setting = value\n",
    "a path unquoted": "search_path = abc/d:e-f.g\n",
    "two words": "search_path = a b\n",
    "a double quote": 'search_path = "a"\n',
    "an open quote": "search_path = 'abc\nport = 5433\n",
    "a space before the unit": "work_mem = 4 MB\n",
    "a fraction with a unit": "work_mem = 1.5MB\n",
    "a fraction": "random_page_cost = 1.5\n",
    "an exponent": "random_page_cost = 1.5e0\n",
    "an exponent without a point": "random_page_cost = 1e0\n",
    "a plus sign": "geqo_seed = +.5\n",
    "a negative number": "temp_file_limit = -1\n",
    "hexadecimal": "work_mem = 0x1000\n",
    "a value like a name": "default_tablespace = abc\n",
    "a value like a qualified name": "search_path = a.b\n",
    "a value with two points": "search_path = a.b.c\n",
    "only a name": "work_mem\nport = 5433\n",
    "only a name and an equals sign": "work_mem =\nport = 5433\n",
    "a number for a name": "1 = 2\n",
    "two equals signs": "work_mem == 4MB\n",
    "letters beyond ASCII": "search_path = 'äöü'\n",
    "an unquoted letter beyond ASCII": "search_path = äöü\n",
    "a form feed": "work_mem = 4MB\f\n",
    "a backslash": "search_path = \\\n",
    "empty quotes": "search_path = ''\n",
    "quotes in quotes": "search_path = ''''\n",
    "an empty file": "",
    "only comments": "# a\n\n   # b\n",
    "a point": "geqo_seed = .\n",
}

_READ = """
SELECT coalesce(json_agg(json_build_array(sourceline, name, setting, error) ORDER BY seqno), '[]')
  FROM pg_file_settings WHERE sourcefile LIKE '%/snippet.conf'
"""


def test_it_reads_what_the_server_reads(lab: Lab) -> None:
    lab.write("snippet.conf", "")
    lab.configure(f"include '{lab.directory}/snippet.conf'\n")
    disagreements = {
        name: (ours, theirs)
        for name, snippet in SNIPPETS.items()
        if (ours := _as_we_read(snippet)) != (theirs := _as_the_server_reads(lab, snippet))
    }
    assert disagreements == {}


def _as_we_read(snippet: str) -> list[tuple[int, str, str]]:
    """Up to the first syntax error, where the view ends; at its start the server reads on and logs every one."""
    tree = parse(Source("snippet.conf", snippet))
    end = min((problem.span.line for problem in tree.problems), default=len(snippet) + 1)
    lines = [(entry.line, entry.name, entry.value) for entry in tree.entries if entry.line < end]
    return [*lines, *[(problem.span.line, "", "syntax error") for problem in tree.problems[:1]]]


def _as_the_server_reads(lab: Lab, snippet: str) -> list[tuple[int, str, str]]:
    lab.write("snippet.conf", snippet)
    rows = json.loads(lab.psql(_READ))
    return sorted(
        (line, (name or "").lower(), error if name is None else value) for line, name, value, error in rows
    )


@given(st.binary())
def test_any_bytes_can_be_parsed(content: bytes) -> None:
    tree = parse(Source.decode("f", content))
    for entry in tree.entries:
        assert tree.source.slice(entry.name_span).upper() == entry.name.upper()


@given(st.text(alphabet="ab'\\n0 %é#", max_size=12))
def test_a_place_in_a_value_is_found_again_in_the_file(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    source = Source("f", f"archive_command = '{quoted}' # c\n")
    (entry,) = parse(source).entries
    assert entry.value == value
    for index, character in enumerate(value):
        written = source.slice(entry.span_in_value(source, index, index + 1))
        assert written in (character, character * 2)


def test_an_entry_knows_where_it_stands() -> None:
    source = Source("f", "\n  archive_mode = 'on'  # yes\n")
    (entry,) = parse(source).entries
    assert (source.slice(entry.span), source.slice(entry.name_span), source.slice(entry.value_span)) == (
        "archive_mode = 'on'",
        "archive_mode",
        "'on'",
    )


def test_a_default_that_is_commented_out_is_found() -> None:
    tree = parse(Source("f", "# archive_mode is below\n#archive_mode = off\t# off, on or always\n"))
    comment = tree.commented_out("archive_mode")
    assert comment is not None
    assert comment.span.line == 2
