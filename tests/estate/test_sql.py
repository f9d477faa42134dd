"""SQL is found in files and in what scripts hand to psql, and findings stand where it stands."""

from pgsurvive import check_text
from pgsurvive.estate import script, sql
from pgsurvive.text import Source

MAJORS = frozenset({18})


def _found(text: str, path: str = "run.sh") -> list[tuple[int, int, str]]:
    return [(f.line, f.column, f.source.slice(f.span)) for f in check_text(text, path) if f.code == "PGS705"]


def test_sql_is_found_behind_the_options_that_run_it() -> None:
    script = "#!/bin/bash\npsql -XAtc \"SELECT pg_switch_xlog()\"\npsql --command 'SELECT pg_switch_xlog()'\npsql -f x.sql\n"
    assert _found(script) == [(2, 20, "pg_switch_xlog"), (3, 24, "pg_switch_xlog")]


def test_sql_is_found_in_a_here_document_and_stands_at_its_place() -> None:
    text = "#!/bin/bash\npsql -d shop <<SQL\nSELECT 1;\nSELECT pg_switch_xlog() FROM ${table};\nSQL\n"
    assert _found(text) == [(4, 8, "pg_switch_xlog")]


def test_what_another_program_is_handed_is_no_sql() -> None:
    assert (
        _found('#!/bin/bash\necho "SELECT pg_switch_xlog()"\ncat <<SQL\nSELECT pg_switch_xlog();\nSQL\n')
        == []
    )


def test_escapes_in_a_word_leave_only_the_whole_word_to_point_at() -> None:
    text = '#!/bin/bash\npsql -c "SELECT \\"a\\", pg_switch_xlog()"\n'
    (finding,) = _found(text)
    assert finding[:2] == (2, 9)


def test_a_fix_is_offered_only_where_the_text_stands_to_the_letter() -> None:
    (plain,) = [f for f in check_text("SELECT pg_switch_xlog();", "x.sql") if f.code == "PGS705"]
    assert plain.fix is not None
    assert [edit.text for edit in plain.fix.edits] == ["pg_switch_wal"]
    (escaped,) = [
        f
        for f in check_text('#!/bin/sh\npsql -c "SELECT \\$1, pg_switch_xlog()"', "x.sh")
        if f.code == "PGS705"
    ]
    assert escaped.fix is None


def test_what_alter_system_sets_and_resets_is_listed_in_order() -> None:
    text = "ALTER SYSTEM SET fsync TO 'off'; alter system set Work_Mem = 4MB;\nALTER SYSTEM RESET ALL; -- ALTER SYSTEM SET"
    read = sql.read(Source("x.sql", text), MAJORS)
    assert [(s.name, s.value) for s in read.system_settings] == [
        ("fsync", "off"),
        ("work_mem", "4MB"),
        ("all", None),
    ]


def test_a_script_without_psql_hands_over_no_sql() -> None:
    read = script.read(Source("x.sh", "echo 'SELECT 1'"), MAJORS)
    assert list(sql.read_shell(read)) == []


def test_a_comment_of_sql_silences_a_finding() -> None:
    assert _found("SELECT pg_switch_xlog(); -- pgsurvive: ignore[PGS705] 9.6 only\n", "x.sql") == []
