"""What well-known programs do when they store a file: where to, whether they spare what is there, whether they sync.

The tables were checked against the programs' manuals: GNU coreutils, rsync, OpenSSH, the command line tools of AWS, Google
Cloud and Azure, rclone, MinIO, s3cmd, s5cmd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgsurvive.syntax.shell import Command, Word

ARCHIVERS = frozenset(
    {
        "pgbackrest", "barman-wal-archive", "barman-cloud-wal-archive", "barman-wal-restore",
        "barman-cloud-wal-restore", "wal-g", "wal-e", "omnipitr-archive", "omnipitr-restore", "pg_probackup",
    }
)  # fmt: skip
"""Programs made for the purpose: they find the file name in %p themselves, and decide what may be overwritten."""

_COPIES: dict[str, frozenset[str]] = {
    "cp": frozenset({"-n", "--no-clobber", "-i", "--interactive", "--update", "-u", "-b", "--backup"}),
    "mv": frozenset({"-n", "--no-clobber", "-i", "--interactive", "--update", "-u", "-b", "--backup"}),
    "install": frozenset({"-b", "--backup"}),
    "rsync": frozenset({"--ignore-existing", "-b", "--backup"}),
    "scp": frozenset(),
    "ln": frozenset(),
}
"""Programs that store in their last operand, and the options with which they spare a file that is already there."""

_UPLOADS: dict[tuple[str, ...], frozenset[str]] = {
    ("aws", "s3", "cp"): frozenset({"--no-overwrite"}),
    ("aws", "s3", "mv"): frozenset({"--no-overwrite"}),
    ("gsutil", "cp"): frozenset({"-n"}),
    ("gcloud", "storage", "cp"): frozenset({"-n", "--no-clobber", "--if-generation-match"}),
    ("rclone", "copy"): frozenset({"--immutable", "--ignore-existing"}),
    ("rclone", "copyto"): frozenset({"--immutable", "--ignore-existing"}),
    ("mc", "cp"): frozenset(),
    ("s3cmd", "put"): frozenset({"--skip-existing"}),
    ("s5cmd", "cp"): frozenset({"-n", "--no-clobber"}),
}
"""The same for programs that send to an object store. `az storage blob upload` refuses to overwrite unless told to."""

_TAKES_VALUE: dict[str, frozenset[str]] = {
    "cp": frozenset({"-S", "--suffix"}),
    "mv": frozenset({"-S", "--suffix"}),
    "install": frozenset({"-m", "-o", "-g", "-S", "--mode", "--owner", "--group", "--suffix"}),
    "rsync": frozenset(
        {
            "-e", "--rsh", "--rsync-path", "--bwlimit", "--timeout", "--contimeout", "-T", "--temp-dir", "--log-file",
            "--chmod", "--chown", "-M", "-f", "-B", "--password-file", "--port", "--partial-dir", "--exclude", "--include",
        }
    ),
    "scp": frozenset({"-P", "-i", "-o", "-l", "-F", "-c", "-S", "-J", "-D", "-X"}),
    "ln": frozenset({"-S", "--suffix"}),
}  # fmt: skip
"""Options of theirs whose value is a word of its own, and no operand."""

_COMPRESSORS = frozenset(
    {
        "gzip", "pigz", "bzip2", "pbzip2", "xz", "pixz", "lzma", "zstd", "pzstd", "zstdmt", "lz4", "lzop",
        "brotli", "compress",
    }
)  # fmt: skip
_DECOMPRESSORS = frozenset(
    {"gunzip", "unpigz", "zcat", "bunzip2", "unxz", "unlzma", "unzstd", "unlz4", "lz4cat", "xzcat", "zstdcat"}
)
STREAMS = _COMPRESSORS | frozenset({"cat", "dd", "openssl", "gpg", "gpg2", "age", "pv", "mbuffer", "tar"})
"""Programs that write what they read, in some form, to their standard output."""


NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Copy:
    """A command that puts a file where another may already be."""

    command: Command
    program: str
    sources: tuple[Word, ...]
    destination: Word
    spares_existing: bool
    """Whether its own options keep it from replacing a file."""

    @property
    def path(self) -> str:
        """The destination without what `dd` calls it by."""
        return self.destination.text.removeprefix("of=")

    @property
    def is_for_barman(self) -> bool:
        """Whether it goes to a server's incoming directory, from where Barman moves each segment on.

        Barman never replaces a segment in its archive: it moves a second one with other contents to its `errors` directory,
        and `barman check` reports it (tried with 3.19).
        """
        return "/incoming/" in self.path

    @property
    def is_upload(self) -> bool:
        """Whether it sends to an object store."""
        return _upload(self.command) is not None

    @property
    def syncs(self) -> bool:
        """Whether the program itself waits until the file is on disk."""
        words = [word.text for word in self.command.words]
        match self.program:
            case "rsync":
                return "--fsync" in words
            case "dd":
                return any(re.match(r"conv=.*sync|oflag=.*sync", word) for word in words)
            case _:
                return False


def copy_of(command: Command) -> Copy | None:
    """What the command puts where, or None if it isn't known to store anything."""
    return _dd_or_tee(command) or _copied_to_last_operand(command) or _redirected(command)


def notices_truncation(commands: Iterable[Command]) -> bool:
    """Whether what reads a stream fails when it ends too early: it takes a compressed or archived stream apart."""
    for command in commands:
        words = " ".join(word.text for word in command.words).split()
        for program, option in zip(words, (*words[1:], ""), strict=False):
            name = program.rpartition("/")[2]
            if name in _DECOMPRESSORS:
                return True
            if name in _COMPRESSORS and re.fullmatch(r"-[A-Za-z]*[dt][A-Za-z]*|--decompress|--test", option):
                return True
            if name == "tar" and re.match(r"-?[A-Za-z]*x", option):
                return True
    return False


def streams(command: Command) -> bool:
    """Whether its standard output is the file, in some form."""
    return command.name in STREAMS and not any(word.text.startswith("of=") for word in command.arguments)


def _upload(command: Command) -> tuple[str, ...] | None:
    words = tuple(word.text for word in command.words)
    for prefix in _UPLOADS:
        if command.name == prefix[0] and words[1 : len(prefix)] == prefix[1:]:
            return prefix
    return None


def _redirected(command: Command) -> Copy | None:
    """`gzip < %p > file`; what a program of another kind prints is a message."""
    sources = tuple(r.target for r in command.redirects if r.operator == "<" and r.target)
    for redirect in command.redirects:
        if redirect.operator in (">", ">|") and redirect.descriptor in (None, 1) and redirect.target:
            if command.name not in STREAMS and not sources:
                continue
            return _as_copy(command, (*command.arguments, *sources), redirect.target, spares=False)
    return None


def _dd_or_tee(command: Command) -> Copy | None:
    arguments = command.arguments
    if command.name == "tee" and arguments and not any(w.text in ("-a", "--append") for w in arguments):
        return _as_copy(command, (), arguments[-1], spares=False)
    to = next((word for word in arguments if word.text.startswith("of=")), None)
    if command.name != "dd" or to is None:
        return None
    sources = tuple(word for word in arguments if word.text.startswith("if="))
    return _as_copy(
        command,
        sources,
        to,
        spares=any(word.text.startswith("conv=") and "excl" in word.text for word in arguments),
    )


def _copied_to_last_operand(command: Command) -> Copy | None:
    words = [word.text for word in command.words]
    prefix = _upload(command)
    sparing = _UPLOADS[prefix] if prefix else _COPIES.get(command.name)
    behind = len(prefix) if prefix else 1
    operands = operands_of(command.words[behind:], _TAKES_VALUE.get(command.name, frozenset()))
    if sparing is None or "-t" in words or len(operands) < 2:  # noqa: PLR2004 - a source and a destination
        return None
    # Options with values may follow the destination of an upload: --sse AES256.
    to = (
        next((word for word in reversed(operands) if ":" in word.text), operands[-1])
        if prefix
        else operands[-1]
    )
    spares = any(_is_option(word, sparing) for word in words)
    return _as_copy(command, tuple(operands[: operands.index(to)]), to, spares=spares)


def operands_in(command: Command) -> list[Word]:
    """The operands of a program that copies files."""
    return operands_of(command.arguments, _TAKES_VALUE.get(command.name, frozenset()))


def operands_of(words: Iterable[Word], takes_value: frozenset[str]) -> list[Word]:
    """The words that are neither options nor their values; a lone dash, which stands for standard input, is one."""
    found: list[Word] = []
    is_value = False
    for word in words:
        if not is_value and (word.text == "-" or not word.text.startswith("-")):
            found.append(word)
        is_value = word.text in takes_value
    return found


def _as_copy(command: Command, sources: tuple[Word, ...], destination: Word, *, spares: bool) -> Copy | None:
    is_operand = any(word is destination for word in command.words)
    if re.match(r"(?:of=)?/dev/(?!shm/)", destination.text) and not (
        is_operand and destination.text == NOWHERE
    ):
        return None
    return Copy(command, command.name, sources, destination, spares)


def _is_option(word: str, options: frozenset[str]) -> bool:
    """Whether a word is one of the options, also with a value (`--backup=t`) or among bundled letters (`-an`)."""
    if word.partition("=")[0] in options:
        return True
    letters = {option[1] for option in options if len(option) == 2}  # noqa: PLR2004 - a dash and a letter
    return re.fullmatch(r"-[A-Za-z]+", word) is not None and not letters.isdisjoint(word[1:])
