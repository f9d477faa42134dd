"""The parser against Python's ConfigParser, which reads the file for Barman."""

from configparser import ConfigParser, InterpolationError, MissingSectionHeaderError, ParsingError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgsurvive.syntax.barman_conf import DEFAULTS, BarmanConf, Unresolved, parse, resolved, unquoted
from pgsurvive.text import Source

SNIPPETS = {
    "plain": "[barman]\nbarman_home = /srv\n",
    "a colon": "[a]\nb: c = d\n",
    "no blanks": "[a]\nb=c\n",
    "upper case": "[A]\nName = Value\n",
    "twice": "[a]\nb = 1\nb = 2\n",
    "a section twice": "[a]\nb = 1\n[c]\n[a]\nb = 2\nd = 3\n",
    "a comment behind": "[a] ; one\nb = c # two\n",
    "comments": "# one\n[a]\n ; two\nb = c\n  # three\n  d\n",
    "a value over lines": "[a]\nb = c\n  d\n\n  e\n\n\nf = g\n",
    "a value that begins below": "[a]\nb =\n  c\n",
    "indented options": "[a]\n  b = c\n  d = e\n    f = g\n h = i\n",
    "an indented section": "[a]\nb = c\n  [d]\n",
    "an empty value": "[a]\nb =\nc = d\n",
    "no separator": "[a]\nb\n  c\nd = e\nf\n",
    "no separator, then a deeper line": "[a]\nb = 1\nc\n  d\n",
    "no name": "[a]\n= b\n  c\n",
    "no section": "a = b\n[c]\n",
    "an odd header": "[a]b]c\nd = e\n",
    "an empty header": "[a]\n[]\n",
    "DEFAULT": "[DEFAULT]\na = b\n[c]\nd = e\n",
    "carriage returns": "[a]\r\nb = c\r\n d\r\n",
    "carriage returns alone": "[a]\rb = c\rd = e",
    "other blanks": "[a]\n\x0cb\u2003=\u3000c\x85\n\xa0d\n",
    "a byte order mark": "\ufeff[a]\nb = c\n",
    "no final line end": "[a]\nb = c",
    "nothing": "",
}

_WORDS = ("[a]", "[b]", "[DEFAULT]", "[", "]", "a", "B", "é", "=", ":", "a = b\n", "  c\n", "'", '"')
_SIGNS = ("#", ";", "%", "%(a)s", "%(b)s", "%%", "%(", "\x00")
_BLANKS = (" ", "\t", "\n", "\n", "\n\n", "\r", "\r\n", "\x0c", "\x1c", "\u2028", "\xa0")
_PARTS = st.sampled_from(_WORDS + _SIGNS + _BLANKS)
_TEXTS = st.lists(_PARTS, max_size=40).map("".join)


def _theirs(text: str) -> object:
    """The sections with their options, or the lines that stop it."""
    reader = ConfigParser(strict=False, interpolation=None)
    try:
        # As a file is read: every kind of line end is a line feed.
        reader.read_string(text.replace("\r\n", "\n").replace("\r", "\n"))
    except MissingSectionHeaderError as error:
        return [error.lineno]
    except ParsingError as error:
        return [line for line, _ in error.errors]
    return {name: dict(reader.items(name)) for name in reader.sections()}


def _ours(tree: BarmanConf) -> object:
    if tree.problems:
        text = tree.source.text
        starts = [tree.source.offset(p.span.line, p.span.column) for p in tree.problems]
        return [text[:at].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1 for at in starts]
    return {
        name: {key: entry.value for key, entry in sorted(tree.options(name).items())} for name in tree.names
    }


@pytest.mark.parametrize("text", SNIPPETS.values(), ids=SNIPPETS)
def test_a_file_is_read_as_barman_reads_it(text: str) -> None:
    assert _ours(parse(Source("barman.conf", text))) == _theirs(text)


@settings(deadline=None)
@given(_TEXTS)
def test_any_file_is_read_as_barman_reads_it(text: str) -> None:
    assert _ours(parse(Source("barman.conf", text))) == _theirs(text)


@settings(deadline=None)
@given(st.binary(max_size=300) | _TEXTS.map(str.encode))
def test_every_place_is_where_the_text_stands(content: bytes) -> None:
    source = Source.decode("barman.conf", content)
    for section in parse(source).sections:
        assert source.slice(section.span).startswith(f"[{section.name}]")
        for entry in section.entries:
            assert source.slice(entry.name_span).lower() == entry.name
            for index, character in enumerate(entry.value):
                piece = source.slice(entry.span_in_value(source, index, index + 1))
                assert character in (piece, "\n"), "between lines stand blanks and comments"


def test_bytes_that_are_no_text_are_a_problem_at_their_place() -> None:
    source = Source.decode("barman.conf", b"[a]\nb = c\xff\n")
    assert [source.slice(problem.span) for problem in parse(source).problems] == ["\udcff"]


_VALUES = st.lists(st.sampled_from(("a", "B", "=", ":", " ", "'", *_SIGNS)), max_size=8).map("".join)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), _VALUES, min_size=1))
def test_references_are_resolved_as_python_resolves_them(values: dict[str, str]) -> None:
    text = "[main]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
    reader = ConfigParser()
    reader.read_string(text)
    raw = {entry.name: entry.value for entry in parse(Source("barman.conf", text)).own("main").values()}
    for name, value in raw.items():
        ours = resolved(value, raw)
        try:
            theirs = reader.get("main", name)
        except InterpolationError:
            assert isinstance(ours, Unresolved)
        else:
            assert ours == theirs


def test_values_that_multiply_each_other_are_given_up() -> None:
    values = {f"a{n}": f"%(a{n + 1})s" * 9 for n in range(9)} | {"a9": "%%"}
    assert isinstance(resolved("%(a0)s", values), Unresolved)


@pytest.mark.parametrize(
    ("value", "bare"),
    [
        ('"a"', "a"),
        ("'a'", "a"),
        ("'a\"", "'a\""),
        ('"', '"'),
        ('""', ""),
        ("'a' b", "'a' b"),
        ("'a' 'b'", "a' 'b"),
    ],
)
def test_one_pair_of_quotes_around_a_value_is_taken_off(value: str, bare: str) -> None:
    assert unquoted(value) == bare


def test_options_of_default_belong_to_every_section_that_does_not_set_them() -> None:
    tree = parse(Source("barman.conf", f"[a]\nb = 1\n[{DEFAULTS}]\nb = 2\nc = 3\n"))
    assert {name: entry.value for name, entry in tree.options("a").items()} == {"b": "1", "c": "3"}
    assert tree.names == ("a",)
