"""What goes wrong around a script, really: it is killed, its disk is full, a program is not there."""

import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

from tests.support.lab import Lab

SCRIPTS = Path(__file__).parents[2] / "skills/postgresql-backup-recovery/scripts"

_NAMESPACE = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"]


def killed_after(lab: Lab, command: Sequence[str | Path], seconds: float) -> int:
    """Kill a command and all its children in its process group with SIGKILL, and return its status.

    -9 unless it had ended before. A server that it has started is in a session of its own and goes on.
    """
    with tempfile.TemporaryFile() as file:
        process = lab.start_process(command, file, file, file)
        time.sleep(seconds)
        process.kill()
        return process.wait(10)


def at_once(lab: Lab, *commands: Sequence[str | Path]) -> list[CompletedProcess[str]]:
    """Run commands at the same time and return how each ended, in their order."""
    directory = Path(lab.run(["mktemp", "-d"]).stdout.strip())
    started = [
        f"{{ {shlex.join(str(part) for part in command)}; echo $? >{number}.status; }} >{number}.out 2>{number}.err &"
        for number, command in enumerate(commands)
    ]
    lab.run("\n".join([*started, "wait"]), cwd=directory)

    def text(number: int, kind: str) -> str:
        return (directory / f"{number}.{kind}").read_text()

    ended = [
        CompletedProcess(
            [str(part) for part in command],
            int(text(number, "status")),
            text(number, "out"),
            text(number, "err"),
        )
        for number, command in enumerate(commands)
    ]
    lab.run(["rm", "-r", directory])
    return ended


def on_a_small_disk(
    lab: Lab, command: Sequence[str | Path], directory: str | Path, megabytes: int
) -> CompletedProcess[str]:
    """Run a command for which the directory is a file system of that size of its own, empty at first."""
    line = shlex.join(str(part) for part in command)
    mount = f"mount -t tmpfs -o size={megabytes}m,mode=0700 none {shlex.quote(str(directory))}"
    return lab.run([*_NAMESPACE, "bash", "-c", f"{mount} && {line}"], check=False)


def small_disks_exist(lab: Lab) -> bool:
    """Tell whether this machine lets an account mount a file system in a namespace of its own."""
    probe = 'mkdir -p "$TMPDIR/probe" && mount -t tmpfs none "$TMPDIR/probe"'
    return lab.run([*_NAMESPACE, "bash", "-c", probe], check=False).returncode == 0


def without(lab: Lab, program: str) -> Mapping[str, str]:
    """Return an environment in which all programs are found but that one."""
    directory = lab.directory / f"without_{program}"
    lab.run(
        f'mkdir "{directory}" && cp -s --no-clobber $(tr : "\\n" <<<"$PATH" | sed "s,$,/*,") "{directory}" 2>/dev/null;'
        f' rm "{directory}/{program}"'
    )
    return {"PATH": str(directory)}
