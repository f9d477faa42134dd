"""What a guarded archive_command does when the file is already there, with bash as the judge."""

import subprocess
from pathlib import Path

import pytest

from pgsurvive.estate.guards import guards
from pgsurvive.estate.wal_command import WalCommand

BLOCKS, ACCEPTS = "blocks", "accepts"

VERDICTS: dict[str, str | None] = {
    "test ! -f a/%f && cp %p a/%f": BLOCKS,
    "[ ! -e a/%f ] && cp %p a/%f": BLOCKS,
    "[[ ! -f a/%f ]] && cp %p a/%f": BLOCKS,
    "! test -f a/%f && cp %p a/%f": BLOCKS,
    "f=a/%f; test ! -f $f && cp %p $f": BLOCKS,
    'd=a; [ ! -f "$d/%f" ] && dd if=%p of="$d/%f" status=none': BLOCKS,
    "test ! -f a/%f && cp %p a/%f.tmp && mv a/%f.tmp a/%f": BLOCKS,
    "test ! -f a/%f && cp %p a/%f || exit 1": BLOCKS,
    "if [ -f a/%f ]; then exit 1; fi; cp %p a/%f": BLOCKS,
    "if [ -f a/%f ]; then echo there; exit 1; else cp %p a/%f; fi": BLOCKS,
    "if test ! -f a/%f; then cp %p a/%f; else exit 2; fi": BLOCKS,
    "[ -f a/%f ] && exit 1; cp %p a/%f": BLOCKS,
    "bash -c 'test ! -f a/%f && cp %p a/%f'": BLOCKS,
    "test ! -f a/%f && cp %p a/%f || exit 1; sync": BLOCKS,
    "test ! -f a/%f && cp %p a/%f; find a -mtime +7 -delete": ACCEPTS,
    "set -e; test ! -f a/%f && cp %p a/%f; find a -mtime +7 -delete": ACCEPTS,
    "test -f paused || (test ! -f a/%f && cp %p a/%f)": BLOCKS,
    "test -f a/%f || cp %p a/%f": ACCEPTS,
    "if [ ! -f a/%f ]; then cp %p a/%f; fi": ACCEPTS,
    "if [ -f a/%f ]; then exit 0; fi; cp %p a/%f": ACCEPTS,
    "[ -f a/%f ] && exit 0; cp %p a/%f": ACCEPTS,
    "cp -n %p a/%f": ACCEPTS,
    "cp -an %p a/%f": ACCEPTS,
    "cp %p a/%f": None,
    "cmp -s %p a/%f || cp %p a/%f": None,
    "test ! -f a/%f && cp %p a/%f || cmp -s %p a/%f": None,
    "f=a/%f; (test -e $f || (cp %p $f.tmp && mv -n $f.tmp $f)) && cmp -s %p $f": None,
    "test -d a && cp %p a/%f": None,
    "test ! -f paused && cp %p a/%f": None,
}

# They take whatever is there for the segment, which a rename or rsync makes appear whole.
WHOLE = [
    "test -f a/%f || (cp %p a/%f.tmp && mv a/%f.tmp a/%f)",
    "rsync -a --ignore-existing %p a/%f",
]


def _verdict(command: str) -> str | None:
    found = guards(WalCommand(command))
    return None if not found else ACCEPTS if found[0].accepts else BLOCKS


def _status(command: str, place: Path, there: str) -> int:
    (place / "a").mkdir()
    (place / "a" / "%f").write_text(there)
    (place / "%p").write_text("the segment")
    return subprocess.run(["bash", "-c", command], cwd=place, capture_output=True, check=False).returncode


@pytest.mark.parametrize("command", VERDICTS)
def test_it_knows_what_becomes_of_a_file_that_is_there(command: str) -> None:
    assert _verdict(command) == VERDICTS[command]


@pytest.mark.parametrize("command", VERDICTS)
def test_bash_says_that_a_stored_segment_is_refused(command: str, tmp_path: Path) -> None:
    assert (_status(command, tmp_path, "the segment") != 0) is (VERDICTS[command] == BLOCKS)


@pytest.mark.parametrize("command", VERDICTS)
def test_bash_says_that_a_torn_segment_is_accepted(command: str, tmp_path: Path) -> None:
    status = _status(command, tmp_path, "the seg")
    accepted = status == 0 and (tmp_path / "a" / "%f").read_text() == "the seg"
    if command.startswith("cp -") and status != 0:
        pytest.skip("coreutils 9.2 to 9.4: cp -n fails where the file is there")
    assert accepted is (VERDICTS[command] == ACCEPTS)


@pytest.mark.parametrize("command", WHOLE)
def test_a_file_that_appears_by_a_rename_may_be_taken_for_the_segment(command: str) -> None:
    assert _verdict(command) is None


def test_a_test_behind_the_copy_guards_nothing() -> None:
    assert _verdict("cp %p a/%f; if [ -f a/%f ]; then exit 0; else exit 1; fi") is None


def test_a_test_on_the_other_host_is_understood() -> None:
    assert _verdict("ssh host test ! -f /a/%f && rsync -a %p host:/a/%f") == BLOCKS
    assert _verdict("ssh host test ! -f /paused && rsync -a %p host:/a/%f") is None
