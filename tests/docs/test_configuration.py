"""Configuration blocks are linted by pgsurvive and loaded by the real program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.configuration import lint, marks
from tests.docs.page import Page
from tests.docs.report import describe
from tests.docs.run import Result, run_page

if TYPE_CHECKING:
    from pathlib import Path

SOUND = r"""archive_mode = on
archive_command = 'f=/srv/wal_archive/%f; (test -e $f || (cp %p $f.tmp && sync $f.tmp && mv -n $f.tmp $f)) && cmp -s %p $f'
archive_timeout = 60
"""


def run(directory: Path, text: str, major: int) -> Result:
    path = directory / "page.md"
    path.write_text(text)
    return run_page(Page.read(path, root=directory.resolve()), major)


def told(result: Result) -> str:
    assert result.failure is not None
    return describe(result, result.failure)


def test_a_mark_holds_for_its_line_or_alone_for_the_line_below() -> None:
    text = "a = 1 # PGS101\n# PGS102\nb = 2\nc = 3 # PGS103, PGS104\n# about PGS105 in general\n"
    assert marks(text) == {(1, "PGS101"), (3, "PGS102"), (4, "PGS103"), (4, "PGS104")}


@pytest.mark.majors(18)
def test_sound_settings_are_loaded_by_a_restart_with_the_labs_own_paths(tmp_path: Path, major: int) -> None:
    result = run(
        tmp_path,
        f"""```ini title="postgresql.conf"
{SOUND}```

```bash
psql -XAtc "SHOW archive_mode" -c "SHOW archive_command"
psql -XAtqc "SELECT pg_switch_wal()" -o /dev/null
timeout 30 bash -c 'until test -n "$(ls "$ARCHIVE_DIR")"; do sleep 0.1; done'
```

```text title="Output"
on
f=/srv/wal_archive/%f; ...
```
""",
        major,
    )
    assert result.failure is None, told(result)


@pytest.mark.majors(18)
def test_a_fragment_goes_to_conf_d_and_counts(tmp_path: Path, major: int) -> None:
    text = (
        '```ini title="conf.d/sizes.conf"\nwork_mem = 7MB\n```\n\n```bash\npsql -XAtc "SHOW work_mem"\n```\n'
    )
    result = run(tmp_path, text + '\n```text title="Output"\n7MB\n```\n', major)
    assert result.failure is None, told(result)


@pytest.mark.majors(18)
def test_a_setting_that_the_server_refuses_fails_with_its_log(tmp_path: Path, major: int) -> None:
    message = told(
        run(
            tmp_path,
            "```ini title=\"postgresql.conf\"\nlisten_addresses = 'no.such.host.invalid'\n```\n",
            major,
        )
    )
    assert "page.md:1: this postgresql.conf is refused" in message
    assert "could not create any TCP/IP sockets" in message


@pytest.mark.majors(18)
def test_a_block_marked_to_be_refused_is_taken_back_and_the_server_goes_on(
    tmp_path: Path, major: int
) -> None:
    result = run(
        tmp_path,
        """<!-- run: exit=1 -->
```ini title="postgresql.conf"
listen_addresses = 'no.such.host.invalid'
```

```bash
psql -XAtc "SHOW listen_addresses"
```

```text title="Output"

```
""",
        major,
    )
    assert result.failure is None, told(result)


@pytest.mark.majors(18)
def test_a_finding_that_the_page_does_not_mark_fails_the_block(tmp_path: Path, major: int) -> None:
    message = told(run(tmp_path, '```ini title="postgresql.conf"\nwork_mem = 7MB\nfsync = off\n```\n', major))
    assert "page.md:1: pgsurvive's findings are not those that the block marks" in message
    assert "line 3: PGS" in message


@pytest.mark.majors(18)
def test_a_finding_that_the_page_marks_passes_and_its_absence_fails(tmp_path: Path, major: int) -> None:
    marked = run(tmp_path, '```ini title="postgresql.conf"\nfsync = off # PGS201\n```\n', major)
    assert marked.failure is None, told(marked)
    absent = run(tmp_path, '```ini title="postgresql.conf"\nfsync = on # PGS201\n```\n', major)
    assert "line 2: marked PGS201, but pgsurvive finds no PGS201 there" in told(absent)


@pytest.mark.majors(18)
def test_settings_for_a_stopped_server_are_read_by_it_but_do_not_start_it(tmp_path: Path, major: int) -> None:
    stopped = '```bash\npg_ctl stop --silent\n```\n\n```ini title="postgresql.conf"\n{}\n```\n'
    after = "\n<!-- run: exit=3 -->\n```bash\npg_ctl status\n```\n"
    result = run(tmp_path, stopped.format("work_mem = 7MB") + after, major)
    assert result.failure is None, told(result)
    refused = told(run(tmp_path, stopped.format("lc_monetary = 'nowhere'"), major))
    assert "page.md:5: this postgresql.conf is refused" in refused
    assert 'invalid value for parameter "lc_monetary": "nowhere"' in refused


@pytest.mark.majors(18)
def test_access_rules_that_the_server_cannot_read_are_refused(tmp_path: Path, major: int) -> None:
    good = '```ini title="pg_hba.conf"\nlocal replication postgres trust\n```\n'
    assert run(tmp_path, good, major).failure is None
    message = told(run(tmp_path, '```ini title="pg_hba.conf"\nlocal all all trusting\n```\n', major))
    assert 'invalid authentication method "trusting"' in message


_BARMAN = """```ini title="barman.conf"
[barman]
barman_home = /srv/backup
{mark}minimum_redundancy = 3 ; keep three
[main]
conninfo = user=postgres
backup_method = postgres
streaming_archiver = on
slot_name = barman
```
"""


def _lint(directory: Path, name: str, text: str) -> str | None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    page = Page.read(path, root=directory.resolve())
    return lint(page.blocks[0], 18, page.rule)


def test_a_chapter_marks_all_that_is_found_in_its_files(tmp_path: Path) -> None:
    found = _lint(tmp_path, "chapter.md", _BARMAN.format(mark="")) or ""
    assert "PGS503" in found
    assert "PGS506" in found


def test_a_rules_page_marks_what_its_own_rule_finds(tmp_path: Path) -> None:
    page = "linter/pgsurvive/rules/barman/barman_inline_comment.md"
    title = "# barman-inline-comment (PGS503)\n\n"
    assert _lint(tmp_path, page, title + _BARMAN.format(mark="# PGS503\n")) is None
    assert "PGS503" in (_lint(tmp_path, page, title + _BARMAN.format(mark="")) or "")
