"""Shell code in other files is read where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive import check_text
from pgsurvive.estate import embedded
from pgsurvive.kinds import kind_of
from pgsurvive.text import Kind, Source

MAJORS = frozenset({18})


def _code(path: str, text: str) -> list[str]:
    source = Source(path, text)
    kind = kind_of(source)
    assert kind is not None
    found = [script.text for script in embedded.scripts(source, kind, MAJORS, None)]
    for code in found:
        where = len(code) - len(code.lstrip())
        assert len(code) <= len(text)
        assert code[where] == text[where]
    return [code.strip() for code in found]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("crontab", "MAILTO=x\n0 2 * * * pg_dump a\n@daily pg_dumpall %in\n", ["pg_dump a", "pg_dumpall"]),
        ("etc/cron.d/backup", "# x\n0 2 * * * postgres pg_dump a\n", ["pg_dump a"]),
        (
            "backup.service",
            "[Service]\nExecStart=-+/usr/bin/pg_dump \\\n  a\n[Unit]\nExecStart=no\n",
            ["/usr/bin/pg_dump \\\n  a"],
        ),
        (
            "Dockerfile",
            "FROM postgres\nRUN --mount=type=cache x && \\\n  pg_dump a\n",
            ["x && \\\n  pg_dump a"],
        ),
        (
            "Dockerfile",
            'FROM postgres\nCMD ["sh", "-c", "pg_dump a | gzip"]\nENTRYPOINT ["pg_dump", "a"]\n',
            ["pg_dump a | gzip", "pg_dump    a"],
        ),
        (
            "Makefile",
            "x: y\n\t@pg_dump $(DB) \\\n\t\t>$$HOME/a-$$(date)\n\t-psql ${DB}\ny:\n",
            ["pg_dump $DB__ \\\n\t\t>$_HOME/a-$( date)", "psql $DB__"],
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    command: pg_dump a\n    entrypoint: ['sh', '-c', 'psql b']\n",
            ["pg_dump a", "psql b"],
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    command: |\n      pg_dump a\n      psql b\n",
            ["pg_dump a\n      psql b"],
        ),
        ("compose.yaml", "services:\n  a:\n    command: >\n      pg_dump\n      a\n", ["pg_dump       a"]),
        (
            "job.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n containers:\n - command: [sh, -c]\n   args:\n    - |\n      pg_dump a",
            ["pg_dump a"],
        ),
        (
            "job.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [bash, -ec]\n    args: ['pg_dump a | gzip', x]",
            ["pg_dump a | gzip"],
        ),
        (".github/workflows/x.yml", "jobs:\n  a:\n    steps:\n      - run: pg_dump a\n", ["pg_dump a"]),
        (".gitlab-ci.yml", "a:\n  script:\n    - pg_dump a\n    - psql b\n", ["pg_dump a", "psql b"]),
    ],
)
def test_code_is_found_in_each_kind_of_file(path: str, text: str, expected: list[str]) -> None:
    assert _code(path, text) == expected


def test_a_finding_in_embedded_code_stands_where_the_code_stands() -> None:
    text = "services:\n  a:\n    image: postgres\n    command: psql -c 'SELECT pg_switch_xlog()'\n"
    (finding,) = [f for f in check_text(text, "compose.yaml") if f.code == "PGS705"]
    assert (finding.line, finding.source.slice(finding.span)) == (4, "pg_switch_xlog")


def test_a_template_has_no_code() -> None:
    assert _code("compose.yaml", "services:\n  a:\n    command: {{ pg_dump }}\n  {% if x %}\n") == []


@given(
    st.sampled_from(list(Kind)), st.text(alphabet=st.sampled_from("a1* %\n\t:|>-'\"[]{}#=&\\$()RUNservices"))
)
def test_any_text_of_any_kind_is_read_without_an_error(kind: Kind, text: str) -> None:
    for script in embedded.scripts(Source("x", text), kind, MAJORS, None):
        assert script.steps is not None
