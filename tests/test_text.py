import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.text import Source, Span, printable, prose_without_secrets, without_secrets


def test_a_span_counts_lines_and_columns_from_one_in_characters() -> None:
    source = Source("f", "äö\nüß = 1\n")
    assert source.span(3, 5) == Span(2, 1, 2, 3)
    assert source.slice(Span(2, 1, 2, 3)) == "üß"


def test_a_line_comes_without_its_line_end_whatever_the_platform() -> None:
    source = Source("f", "one\r\ntwo\nthree")
    assert [source.line(n) for n in (1, 2, 3, 4)] == ["one", "two", "three", ""]
    assert source.line_count == 3


@given(st.binary())
def test_no_byte_is_lost_when_a_file_is_decoded(content: bytes) -> None:
    assert Source.decode("f", content).text.encode(errors="surrogateescape") == content


@given(st.text(), st.integers(0), st.integers(0))
def test_a_span_leads_back_to_the_text_it_was_made_of(text: str, a: int, b: int) -> None:
    start, end = sorted((a % (len(text) + 1), b % (len(text) + 1)))
    source = Source("f", text)
    assert source.slice(source.span(start, end)) == text[start:end]


@given(st.text())
def test_what_is_printed_can_be_encoded_and_has_no_control_characters(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert all(c.isprintable() or c == "\t" for c in shown)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "primary_conninfo = 'host=a password=hunter2 user=b'",
            "primary_conninfo = 'host=a password=******* user=b'",
        ),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=******* psql"),
        ("AWS_SECRET_ACCESS_KEY='abc' aws s3 cp", "AWS_SECRET_ACCESS_KEY='***' aws s3 cp"),
        ("repo1-cipher-pass=abcdef", "repo1-cipher-pass=******"),
        (" repo12-azure-key = a@b;c d ", " repo12-azure-key = ******* "),
        ("repo1-s3-key-type=auto", "repo1-s3-key-type=auto"),
        ("postgresql://bob:hunter2@host/db", "postgresql://bob:*******@host/db"),
        ("restic --password abc", "restic --password ***"),
        ("archive_command = 'cp %p /a/%f'", "archive_command = 'cp %p /a/%f'"),
        ("password_encryption = scram-sha-256", "password_encryption = *************"),
    ],
)
def test_secrets_are_starred_out_and_columns_stay(line: str, shown: str) -> None:
    assert without_secrets(line) == shown
    assert len(without_secrets(line)) == len(line)


def test_in_a_sentence_only_what_is_assigned_is_starred_out() -> None:
    assert (
        prose_without_secrets("it holds a secret: whoever reads it") == "it holds a secret: whoever reads it"
    )
    assert prose_without_secrets("'host=a password=hunter2' stays") == "'host=a password=*******' stays"
