import json

from pgsurvive.reports.json import SCHEMA_FILE, schema


def test_the_committed_schema_is_what_pydantic_makes_of_the_models() -> None:
    assert SCHEMA_FILE.read_text() == schema()


def test_the_schema_names_what_users_rely_on() -> None:
    finding = json.loads(SCHEMA_FILE.read_text())["$defs"]["FindingReport"]
    assert set(finding["required"]) == {
        "path", "line", "column", "end_line", "end_column", "code", "name", "severity", "message", "help", "url",
    }  # fmt: skip
