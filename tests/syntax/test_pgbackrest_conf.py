"""Our reading of pgbackrest.conf line by line; tests/differential compares it with the program's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.estate import pgbackrest
from pgsurvive.estate.pgbackrest_reading import read
from pgsurvive.rules import rules_for, run
from pgsurvive.syntax.pgbackrest_conf import MAX_LINE, parse
from pgsurvive.text import Source, Span


def _parsed(text: str) -> list[tuple[str, str, str]]:
    return [(e.section, e.key, e.value) for e in parse(Source("pgbackrest.conf", text)).entries]


def _problems(text: str) -> list[tuple[int, str]]:
    return [(p.span.line, p.message) for p in parse(Source("pgbackrest.conf", text)).problems]


def test_spaces_around_names_and_values_do_not_count_and_the_first_equals_sign_splits() -> None:
    text = "  [main]  \r\n\tpg1-path = /data \nrecovery-option=a=b\n"
    assert _parsed(text) == [("main", "pg1-path", "/data"), ("main", "recovery-option", "a=b")]


def test_what_looks_like_a_comment_or_a_quote_behind_a_value_belongs_to_it() -> None:
    assert _parsed('[global]\nprocess-max=2 # two\nrepo1-path="/x"\n') == [
        ("global", "process-max", "2 # two"),
        ("global", "repo1-path", '"/x"'),
    ]


def test_a_header_keeps_the_spaces_and_colons_inside_its_brackets() -> None:
    tree = parse(Source("pgbackrest.conf", "[ main ]\n[a:b:c]\n[[x]]\n"))
    assert [(s.name, s.stanza, s.command) for s in tree.sections] == [
        (" main ", " main ", None),
        ("a:b:c", "a", "b:c"),
        ("[x]", "[x]", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("process-max=2\n", "key/value found outside of section"),
        ("[global\n", "ini section should end with ]"),
        ("[global] # x\n", "ini section should end with ]"),
        ("[]\n", "invalid empty section"),
        ("[global]\n; x\n", "missing '=' in key/value"),
        ("[global]\n=x\n", "key is zero-length"),
        (f"[global]\nx={'y' * MAX_LINE}\n", f"unable to find line in {MAX_LINE} byte buffer"),
    ],
)
def test_a_line_is_refused_in_the_words_of_the_program(text: str, message: str) -> None:
    assert [found for _, found in _problems(text)] == [message]


def test_reading_goes_on_behind_a_line_that_is_refused() -> None:
    assert _problems("[global]\nx\n[main]\ny\n") == [
        (2, "missing '=' in key/value"),
        (4, "missing '=' in key/value"),
    ]
    assert _parsed("[global]\nx\na=b\n") == [("global", "a", "b")]


def test_an_entry_knows_the_place_of_its_key_and_its_value() -> None:
    source = Source("pgbackrest.conf", "[main]\n  pg1-path =  /data  \nempty=\n")
    first, second = parse(source).entries
    assert [source.slice(s) for s in (first.span, first.key_span, first.value_span)] == [
        "pg1-path =  /data",
        "pg1-path",
        "/data",
    ]
    assert (second.span, second.value_span) == (Span(3, 1, 3, 7), Span(3, 7, 3, 7))


_LINES = st.sampled_from(
    [
        *(
            "[global]",
            "[main]",
            "[main:backup]",
            "repo1-path=/x",
            "process-max=",
            "retention-full=1",
            "=",
            "[",
        ),
        *(
            "no-x=y",
            "repo99999999999-path=/x",
            "compress-level=9" * 9,
            "pg1-path=/x # y",
            "\0",
            "buffer-size=1kkb",
        ),
        "a" * 70 + "=1",
    ]
)


@given(
    st.binary(max_size=300)
    | st.lists(_LINES | st.text(max_size=20), max_size=12).map(
        lambda ls: "\n".join(ls).encode("utf-8", "replace")
    )
)
def test_arbitrary_bytes_are_read_and_judged(content: bytes) -> None:
    source = Source.decode("pgbackrest.conf", content)
    tree = parse(source)
    for entry in tree.entries:
        assert source.slice(entry.key_span) == entry.key
        assert source.slice(entry.value_span) == entry.value
    config = pgbackrest.read(source)
    list(run(rules_for("PgbackrestConfig"), config))
    for command in ("archive-push", "backup", "server"):
        read(config.trees, command, "main", environment={"PGBACKREST_DELTA": "y"})


@given(st.text(max_size=30))
def test_arbitrary_values_of_any_option_are_judged(value: str) -> None:
    names = (
        "process-max",
        "buffer-size",
        "archive-timeout",
        "repo1-path",
        "compress-type",
        "delta",
        "recovery-option",
    )
    lines = "".join(f"{name}={value}\n" for name in names)
    config = pgbackrest.read(Source("pgbackrest.conf", f"[global]\n{lines}[main]\npg1-path=/x\n"))
    for name in names:
        config.effective(name, "main", "backup")
