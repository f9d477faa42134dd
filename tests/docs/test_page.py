"""Pages are read as their authors mean them, and what cannot be meant is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.page import Kind, Page, PageError

if TYPE_CHECKING:
    from pathlib import Path


def read(directory: Path, text: str, name: str = "page.md") -> Page:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Page.read(path, root=directory.resolve())


def refusal(directory: Path, text: str, name: str = "page.md") -> str:
    with pytest.raises(PageError) as caught:
        read(directory, text, name)
    return str(caught.value)


def test_blocks_are_found_in_tabs_lists_and_quotes_without_their_indentation(
    tmp_path: Path,
) -> None:
    page = read(
        tmp_path,
        """# Title

=== "PostgreSQL 17+"

    ```bash
    one
      two

    three
    ```

- item

  ~~~sql
  SELECT 1;
  ~~~

1. ```bash
   four
   ```

> ```bash
> five
> ```
""",
    )
    assert [(block.line, block.kind, block.source) for block in page.blocks] == [
        (5, Kind.BASH, "one\n  two\n\nthree\n"),
        (14, Kind.SQL, "SELECT 1;\n"),
        (18, Kind.BASH, "four\n"),
        (22, Kind.BASH, "five\n"),
    ]


def test_output_keeps_the_leading_spaces_that_psql_writes(tmp_path: Path) -> None:
    page = read(tmp_path, '```sql\nSELECT 1;\n```\n\n```text title="Output"\n        1\n```\n')
    assert page.blocks[1].source == "        1\n"


def test_what_stands_after_the_language_does_not_hide_a_block(tmp_path: Path) -> None:
    page = read(tmp_path, '```bash title="Take a backup" hl_lines="1 2"\ntrue\n```\n')
    assert (page.blocks[0].kind, page.blocks[0].title) == (Kind.BASH, "Take a backup")


def test_a_fence_inside_a_longer_fence_is_text(tmp_path: Path) -> None:
    page = read(tmp_path, "````md\n<!-- run: nonsense -->\n```bash\nfalse\n```\n````\n\n```bash\ntrue\n```\n")
    assert [(block.line, block.kind) for block in page.blocks] == [(1, Kind.SHOWN), (8, Kind.BASH)]


def test_titles_tell_configuration_and_scripts_from_what_is_only_shown(tmp_path: Path) -> None:
    titles = ("postgresql.conf", "conf.d/wal.conf", "recovery.signal", "store_wal.sh", "values.yaml")
    page = read(tmp_path, "\n".join(f'```ini title="{title}"\n```\n' for title in titles))
    configuration = [Kind.CONFIGURATION] * 3
    assert [block.kind for block in page.blocks] == [*configuration, Kind.SCRIPT, Kind.SHOWN]


def test_the_bad_and_good_blocks_of_a_rule_are_fixtures_and_only_of_a_rule(tmp_path: Path) -> None:
    text = "# R\n\n## Bad\n\n```bash\nfalse\n```\n\n### Also\n\n```sh\nx\n```\n\n## Proof\n\n```bash\ntrue\n```\n"
    rule = read(tmp_path, text, "linter/pgsurvive/rules/archiving/r.md")
    assert [block.kind for block in rule.blocks] == [Kind.SHOWN, Kind.SHOWN, Kind.BASH]
    chapter = read(tmp_path, text.replace("```sh\n", "```bash\n"), "chapter.md")
    assert [block.kind for block in chapter.blocks] == [Kind.BASH, Kind.BASH, Kind.BASH]


def test_directives_of_several_comments_add_up(tmp_path: Path) -> None:
    page = read(
        tmp_path,
        "<!-- run: exit=2; timeout=7 -->\n<!-- run: if pg>=15; if pg < 18 -->\n\n```bash\nfalse\n```\n",
    )
    directives = page.blocks[0].directives
    assert (directives.exit, directives.timeout) == (2, 7)
    assert [directives.why_not(major) for major in (14, 15, 17, 18)] == ["if pg>=15", None, None, "if pg<18"]


def test_a_block_can_be_meant_for_a_second_host(tmp_path: Path) -> None:
    page = read(tmp_path, "```bash\ntrue\n```\n\n<!-- run: on second-host; exit=1 -->\n```bash\nfalse\n```\n")
    assert [block.directives.on_second_host for block in page.blocks] == [False, True]
    assert page.needs_second_host
    assert not read(tmp_path, "```bash\ntrue\n```\n").needs_second_host


def test_a_block_can_record_another_output_for_another_major(tmp_path: Path) -> None:
    page = read(
        tmp_path,
        "```bash\npsql\n```\n\n"
        '<!-- run: if pg<17 -->\n```text title="Output"\nold\n```\n\n'
        '<!-- run: if pg>=17 -->\n```text title="Output"\nnew\n```\n',
    )
    old, new = page.blocks[0].expected(16), page.blocks[0].expected(17)
    assert old is not None
    assert new is not None
    assert (old.source, new.source) == ("old\n", "new\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n<!-- run: exit=x -->\n```bash\n```\n", "page.md:2: not a directive: 'exit=x'"),
        ("<!-- run: exit=1 if pg>=17 -->\n```bash\n```\n", "page.md:1: not a directive: 'exit=1 if pg>=17'"),
        ("<!-- run: skip -->\n```bash\n```\n", "page.md:1: not a directive: 'skip'"),
        ('<!-- run: skip "" -->\n```bash\n```\n', "page.md:1: not a directive: 'skip \"\"'"),
        (
            "<!-- run: exit=1 -->\nProse.\n\n```bash\n```\n",
            "page.md:1: this comment must stand alone, directly before a block",
        ),
        (
            "<!-- run: exit=1 --> <!-- run: timeout=1 -->\n```bash\n```\n",
            "page.md:1: this comment must stand alone, directly before a block",
        ),
        (
            "```bash\n```\n\n<!-- run: exit=1 -->\n",
            "page.md:4: this comment must stand alone, directly before a block",
        ),
        (
            "Prose <!-- run: exit=1 -->\n```bash\n```\n",
            "page.md:1: a run comment stands at the start of a line of its own",
        ),
        (
            "<!-- run: exit=1 -->\n```yaml\n```\n",
            "page.md:2: this yaml block is shown, there is nothing to run",
        ),
        ('```text title="Output"\n```\n', "page.md:1: this output follows no bash or sql block"),
        ("\n```bash\ntrue\n", "page.md:2: this fence is never closed"),
        ("```sh\ntrue\n```\n", "page.md:1: write bash instead of sh, so that the block is run"),
        ("```bash\n$ true\n```\n", "page.md:2: no prompts: what is shown must be ready to paste"),
    ],
)
def test_a_page_that_cannot_be_followed_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(tmp_path, text) == message


def test_a_rule_cannot_say_that_it_has_nothing_to_run(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, '<!-- page: nothing-to-run "words" -->\n', "linter/pgsurvive/rules/archiving/r.md"
    )
    assert message.endswith("r.md:1: a rule's page proves what it says: nothing-to-run is not for it")
