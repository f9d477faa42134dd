"""Pages run on a real server, and what they show is found true or is named with its place."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

import pytest

from tests.docs.page import Page
from tests.docs.report import describe, record, recorded, summary
from tests.docs.run import Failure, Result, run_page
from tests.support import disks, hosts

pytestmark = pytest.mark.majors(18)


class RunPage(Protocol):
    def __call__(self, text: str, name: str = "page.md", *, update: bool = False) -> Result: ...


@pytest.fixture
def run(tmp_path: Path, major: int) -> RunPage:
    """Return a function that runs a page of this text and returns the result."""

    def run_text(text: str, name: str = "page.md", *, update: bool = False) -> Result:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return run_page(Page.read(path, root=tmp_path.resolve()), major, update=update)

    return run_text


def failure_of(result: Result) -> Failure:
    assert result.failure is not None
    return result.failure


def told(result: Result) -> str:
    return describe(result, failure_of(result))


def test_a_page_whose_blocks_do_what_it_shows_passes_and_is_counted(run: RunPage) -> None:
    result = run(
        """# Page

```bash
psql -qc "CREATE TABLE t AS SELECT 1 AS id"
```

```sql
SELECT id FROM t;
```

```text title="Output"
 id
----
  1
(1 row)
```

<!-- run: skip "needs a cloud account" -->
```bash
aws s3 ls
```

<!-- run: if pg<18 -->
```bash
false
```

```yaml
shown: true
```
"""
    )
    assert result.failure is None
    assert (result.ran, result.shown) == (2, 1)
    assert result.skipped == [(19, "needs a cloud account"), (24, "if pg<18")]


def test_directory_variables_and_functions_last_from_block_to_block(run: RunPage) -> None:
    result = run(
        """```bash
mkdir -p "$LAB/some where" && cd "$LAB/some where"
plain='two  words'
export EXPORTED=$'line\\nline'
array=(a 'b c')
declare -A map=([key]=value)
greet() { echo "hello $1 $plain"; }
export -f greet
unset PGDATABASE
umask 077
```

```bash
pwd
echo "${plain}|${array[1]}|${map[key]}|${PGDATABASE-unset}"
greet you
bash -c 'greet child; echo "$EXPORTED"'
umask
```

```text title="Output"
/lab/some where
two  words|b c|value|unset
hello you two  words
hello child
line
line
0077
```
"""
    )
    assert result.failure is None, told(result)


def test_what_a_block_set_before_it_failed_as_expected_is_kept(run: RunPage) -> None:
    result = run(
        """<!-- run: exit=3 -->
```bash
reached=yes
(exit 3)
reached=too-far
```

```bash
test "$reached" = yes
```
"""
    )
    assert result.failure is None, told(result)


def test_sql_goes_where_the_shell_points(run: RunPage) -> None:
    result = run(
        """```bash
createdb other
export PGDATABASE=other
```

```sql
SELECT current_database() AS here \\gset
\\echo :here
```

```text title="Output"
other
```
"""
    )
    assert result.failure is None, told(result)


def test_a_failing_command_is_named_by_page_and_line(run: RunPage) -> None:
    result = run("# Page\n\n```bash\ntrue\nls /nowhere\necho not reached\n```\n")
    assert told(result) == (
        """page.md:5: exit status 2 instead of 0 (PostgreSQL 18)

the bash block of line 3:
    true
    ls /nowhere
    echo not reached

got:
    ls: cannot access '/nowhere': No such file or directory"""
    )


def test_a_block_that_should_fail_must_fail_with_that_status(run: RunPage) -> None:
    assert run("<!-- run: exit=2 -->\n```bash\nls /nowhere\n```\n").failure is None
    assert "exit status 0 instead of 2" in told(run("<!-- run: exit=2 -->\n```bash\ntrue\n```\n"))
    assert "exit status 2 instead of 1" in told(run("<!-- run: exit=1 -->\n```bash\nls /nowhere\n```\n"))


def test_an_unset_variable_and_a_failing_pipeline_end_a_block(run: RunPage) -> None:
    unset = run('```bash\necho "$nowhere_set"\n```\n')
    assert "bash: line 1: nowhere_set: unbound variable" in told(unset)
    assert "exit status 1 instead of 0" in told(run("```bash\nfalse | true\n```\n"))


def test_an_error_of_the_server_comes_with_the_end_of_its_log(run: RunPage) -> None:
    message = told(run("```sql\nSELECT 1;\nSELECT 1/0;\nSELECT 2;\n```\n"))
    assert "page.md:1: exit status 3 instead of 0" in message
    assert "/lab/server.log:" in message
    assert "STATEMENT:  SELECT 1/0;" in message


def test_other_output_is_named_by_page_and_line_with_a_diff(run: RunPage) -> None:
    text = '```sql\nSELECT 2 AS n;\n```\n\n```text title="Output"\n n\n---\n 1\n...\n```\n'
    assert told(run(text)) == (
        """page.md:5: the output is not the recorded one (PostgreSQL 18)

the sql block of line 1:
    SELECT 2 AS n;

expected and got:
    --- expected
    +++ got
    @@ -1,4 +1,4 @@
      n
     ---
    - 1
    -...
    + 2
    +(1 row)"""
    )


def test_the_labs_paths_are_shown_and_loaded_as_a_page_writes_them(run: RunPage) -> None:
    result = run(
        """```bash
echo "$ARCHIVE_DIR/x $BACKUP_DIR $PGDATA $LAB ${BACKUP_DIR}2" >&2
```

```text title="Output"
/srv/wal_archive/x /srv/backup /var/lib/postgresql/data /lab /lab/backup2
```

```sql
COPY (SELECT 1) TO '/srv/backup/copied';
```

```bash
cat "$BACKUP_DIR/copied"
```

```text title="Output"
1
```
"""
    )
    assert result.failure is None, told(result)


def test_a_process_in_the_background_neither_holds_up_the_page_nor_outlives_it(run: RunPage) -> None:
    started = time.monotonic()
    result = run("```bash\nsleep 31415.9 &\necho started\n```\n\n```bash\npgrep -f 'sleep 31415.9'\n```\n")
    assert result.failure is None, told(result)
    assert time.monotonic() - started < 60
    assert not processes(b"31415.9")


def test_a_block_that_hangs_is_ended_after_its_timeout(run: RunPage) -> None:
    started = time.monotonic()
    message = told(run("<!-- run: timeout=1 -->\n```bash\necho before\nsleep 27182.8\n```\n"))
    assert time.monotonic() - started < 60
    assert "page.md:2: still running after 1 s" in message
    assert "got:\n    before" in message
    assert not processes(b"27182.8")


def test_a_page_in_which_nothing_runs_fails_unless_it_says_why(run: RunPage) -> None:
    skipped = '<!-- run: skip "tomorrow" -->\n```bash\ntrue\n```\n'
    assert "page.md:1: nothing ran" in told(run(skipped))
    assert "page.md:1: nothing ran" in told(run("Only words.\n"))
    assert run('<!-- page: nothing-to-run "a glossary" -->\n\nOnly words.\n').failure is None


def test_a_page_can_be_about_some_majors_only(run: RunPage) -> None:
    result = run("<!-- page: if pg<17 -->\n\n```bash\nfalse\n```\n")
    assert (result.failure, result.ran, result.not_for_this_major) == (None, 0, "if pg<17")


def test_the_fixtures_of_a_rule_are_not_run(run: RunPage) -> None:
    text = '## Proof\n\n```bash\ntrue\n```\n\n## Bad\n\n```ini title="postgresql.conf"\nnonsense\n```\n'
    result = run(text, "linter/pgsurvive/rules/archiving/some_rule.md")
    assert (result.failure, result.ran, result.shown) == (None, 1, 1)


TWO_HOSTS = """```bash
here=first
psql -qc "CREATE TABLE t AS SELECT 1 AS id"
```

<!-- run: on second-host -->
```bash
echo "${here-unset} $PGDATA $(find "$LAB" -name PG_VERSION | wc -l)"
initdb --username=postgres --auth=trust >/dev/null
echo "unix_socket_directories = '$PGHOST'" >>"$PGDATA/postgresql.conf"
here=second
```

```text title="Output"
unset /var/lib/postgresql/data 0
```

<!-- run: on second-host -->
```ini title="postgresql.conf"
listen_addresses = 'backup.example.internal'
```

<!-- run: on second-host -->
```bash
pg_ctl start --silent --log="$LAB/server.log"
test "$here" = second
```

```bash
echo "$here"
pg_isready --host=backup.example.internal
```

```text title="Output"
first
backup.example.internal:5432 - accepting connections
```

<!-- run: on second-host -->
```bash
ls /nowhere
```
"""


def test_blocks_on_the_second_host_have_a_shell_and_a_disk_of_their_own(
    run: RunPage, request: pytest.FixtureRequest
) -> None:
    result = run(TWO_HOSTS)
    if result.not_here:
        request.node.add_marker("not_here")
        pytest.skip(result.not_here)
    assert "page.md:41: exit status 2 instead of 0" in told(result)
    assert result.ran == 5


def test_a_page_with_a_second_host_is_skipped_with_the_reason_where_there_can_be_none(
    run: RunPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "unavailable", lambda: "a second host needs root")
    result = run(TWO_HOSTS)
    assert (result.failure, result.ran, result.not_here) == (None, 0, "a second host needs root")
    assert result.skipped == [(line, "a second host needs root") for line in (1, 7, 19, 24, 29, 40)]


def test_a_page_that_names_the_small_disk_can_fill_it(run: RunPage, request: pytest.FixtureRequest) -> None:
    page = '<!-- run: exit=1 -->\n```bash\nhead -c 1G /dev/zero >"$SMALL_DISK/file"\n```\n'
    page += '\n```text title="Output"\n... No space left on device\n```\n'
    result = run(page)
    if result.not_here:
        request.node.add_marker("not_here")
        pytest.skip(result.not_here)
    assert (result.failure, result.ran) == (None, 1)


def test_a_page_with_a_small_disk_is_skipped_with_the_reason_where_there_can_be_none(
    run: RunPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "unavailable", lambda: "a small disk needs root")
    result = run('```bash\ndf "$SMALL_DISK"\n```\n')
    assert (result.failure, result.ran, result.not_here) == (None, 0, "a small disk needs root")


def test_sql_is_read_with_postgresqls_own_grammar_before_it_runs(run: RunPage) -> None:
    message = told(run("```sql\nSELECT 1;\n\nSELECT FROM WHERE;\n```\n"))
    assert "page.md:4: PostgreSQL's grammar refuses this: syntax error" in message


def test_barman_finds_its_configuration_and_runs_as_the_labs_account(run: RunPage) -> None:
    conf = "[barman]\nbarman_user = barman\nbarman_home = /srv/backup\n\n[main]\nactive = false\nconninfo = user=postgres\n"
    page = f'# Page\n\n```ini title="barman.conf"\n{conf}```\n\n```bash\nbarman list-servers --minimal\n```\n'
    result = run(page + '\n```text title="Output"\nmain\n```\n')
    assert result.failure is None, told(result)
    assert result.ran == 2


def test_a_script_is_installed_on_the_path(run: RunPage) -> None:
    text = '```bash title="store_wal.sh"\n#!/bin/sh\necho stored "$1"\n```\n\n```bash\nstore_wal.sh x\n```\n'
    result = run(text + '\n```text title="Output"\nstored x\n```\n')
    assert result.failure is None, told(result)


def test_a_page_can_run_pgsurvive_on_the_labs_own_files(run: RunPage) -> None:
    result = run(
        """<!-- run: exit=1 -->
```bash
mkdir site && cd site
echo "fsync = off" >postgresql.conf
pgsurvive check postgresql.conf
```

```text title="Output"
postgresql.conf:1:1: error PGS201 fsync-off
...
```

```bash
pgsurvive --version
```

<!-- run: exit=2 -->
```bash
pgsurvive check nowhere
```
"""
    )
    assert result.failure is None, told(result)


def test_a_page_that_names_older_bin_finds_the_programs_of_the_major_before(run: RunPage) -> None:
    result = run(
        """```bash
"$OLDER_BIN/pg_dump" --version
"$OLDER_BIN/initdb" --auth=trust --pgdata=older >/dev/null
cat older/PG_VERSION
```

```text title="Output"
pg_dump (PostgreSQL) 17...
17
```

<!-- run: exit=1 -->
```bash
"$OLDER_BIN/pg_dump"
```

```text title="Output"
pg_dump: error: aborting because of server version mismatch
...
```
"""
    )
    assert result.failure is None, told(result)


def test_a_page_that_does_not_name_older_bin_has_none(run: RunPage) -> None:
    result = run('```bash\nenv | grep -c OLDER_ || true\n```\n\n```text title="Output"\n0\n```\n')
    assert result.failure is None, told(result)


@pytest.mark.majors(14)
def test_there_is_no_major_before_the_oldest(run: RunPage) -> None:
    result = run('```bash\necho "${OLDER_BIN-unset}"\n```\n\n```text title="Output"\nunset\n```\n')
    assert result.failure is None, told(result)


def test_the_summary_counts_pages_and_gives_the_reasons(run: RunPage, tmp_path: Path) -> None:
    text = '```bash\ntrue\n```\n\n<!-- run: skip "no cloud" -->\n```bash\naws\n```\n\n```yaml\n```\n'
    record(run(text, "one.md"), tmp_path / "results")
    record(run("```bash\nfalse\n```\n", "two.md"), tmp_path / "results")
    assert len(recorded(tmp_path / "results")) == 2
    (tmp_path / "three.md").write_text("")
    root = tmp_path.resolve()
    pages = [Page.read(tmp_path / name, root) for name in ("one.md", "two.md", "three.md")]
    assert summary(pages, [18], tmp_path / "results") == (
        """page              18
one.md         1/1/1
two.md        FAILED
three.md     not run
total          1/1/1
A cell counts the blocks run/skipped/shown; - where the page is not about that major.

Skipped or failed:
  one.md:6  no cloud  (18)
  two.md:2  FAILED: exit status 1 instead of 0  (18)"""
    )
    (tmp_path / "one.md").write_text(text + "More.\n")
    assert "one.md     changed" in summary([Page.read(tmp_path / "one.md", root)], [18], tmp_path / "results")


def processes(argument: bytes) -> list[int]:
    """Return the processes that `sleep` for so long."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if command[:2] == [b"sleep", argument]:
                found.append(int(entry.name))
    return found
