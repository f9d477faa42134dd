import pytest

from pgsurvive.estate.continuation import early_end


def _ends_at(text: str) -> str | None:
    found = early_end(text, len(text) - len(text.lstrip()))
    return None if found is None else text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pg_dump \\ \n  shop\n", "\\ "),
        ("pg_dump \\\t# why\n  shop\n", "\\\t# why"),
        ("pg_dump -f 'a b' \\\n  -Fc \\  \n  shop\n", "\\  "),
        ("pg_dump \\\n  # why\n  -Fc shop\n", "# why"),
        ("pg_dump \\\n  # why\n  # and how\n  --format=c shop\n", "# why"),
        ("pg_dump \\\n  # -Fc \\\n  shop\n", "# -Fc \\"),
        ("pg_dump shop # why \\\n  -Fc\n", "# why \\"),
        ('pg_dump -f "$(date +%F)" \\ ', "\\ "),
    ],
)
def test_a_command_ends_early_at_a_blank_or_a_comment(text: str, place: str) -> None:
    assert _ends_at(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "pg_dump \\\n  -Fc shop\n",
        "pg_dump shop # why\n  -Fc\n",
        "pg_dump shop \\\n# the next one\npg_dump crm\n",
        "pg_dump shop \\\n  # -Fc \\\n\necho done\n",
        "pg_dump a\\ b\n",
        "pg_dump 'a \\ \n'\n",
        "pg_dump a#b \\\n  -Fc\n",
        "pg_dump ${x#y} \\\n  -Fc\n",
        "psql <<E\n\\ \nE\n",
        "pg_dump \\",
        "pg_dump \\\n",
    ],
)
def test_a_command_that_is_whole_or_unclear_does_not(text: str) -> None:
    assert _ends_at(text) is None
