"""What runs another command: sudo, docker exec, ssh, xargs, flock and their like, taken off one by one.

Some take the command in words of their own, some as a text for a shell. A wrapper whose own options can't be told from the
command stays on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import moved
from pgsurvive.estate.inner import SHELLS, Inner, parsed, places_in
from pgsurvive.syntax.shell import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgsurvive.syntax.shell import Command


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A command that runs another one."""

    name: str
    """Such as `sudo`, `docker exec`, `docker compose run`, `find -exec`."""

    words: tuple[Word, ...]
    """Its own words, the name included."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether what it runs sees other files than the script does: another host or a container."""
        return self.name.startswith(("docker", "podman", "kubectl", "oc ", "ssh", "chroot"))

    def has(self, *options: str) -> bool:
        """Whether one of these options is among its words; a letter (`-t`) also in a bundle (`-it`)."""
        letters = {option[1] for option in options if re.fullmatch(r"-\w", option)}
        return any(
            word.text.partition("=")[0] in options
            or (re.fullmatch(r"-[A-Za-z]+", word.text) is not None and not letters.isdisjoint(word.text[1:]))
            for word in self.words[1:]
        )


@dataclass(frozen=True, slots=True)
class Peeled:
    """A command without its wrappers."""

    wrappers: tuple[Wrapper, ...]
    """The outermost first."""

    command: Command
    """What they run at last; where that is code for a shell, the command that hands it over."""

    code: Inner | None = None
    """The code for a shell, where it is known."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A wrapper that is followed by a command in words of its own."""

    values: frozenset[str]
    """Its options that take the next word."""

    operands: int = 0
    """How many words of its own follow the options."""

    flags: frozenset[str] | None = None
    """Where given, all its options without a value: behind any other one nothing is known."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WRAPPERS = {
    "sudo": _Words(_set("-u -g -h -p -C -T -U -D -R --user --group --host --prompt --chdir --chroot")),
    "doas": _Words(_set("-u -C")),
    "gosu": _Words(_set(""), 1),
    "su-exec": _Words(_set(""), 1),
    "setuser": _Words(_set(""), 1),
    "runuser": _Words(_set("-u -g -G --user --group --supp-group")),
    "nice": _Words(_set("-n --adjustment")),
    "ionice": _Words(_set("-c -n --class --classdata")),
    "chrt": _Words(_set(""), 1),
    "taskset": _Words(_set(""), 1),
    "nohup": _Words(_set("")),
    "setsid": _Words(_set("")),
    "time": _Words(_set("-f -o --format --output")),
    "command": _Words(_set("")),
    "builtin": _Words(_set("")),
    "exec": _Words(_set("-a")),
    "env": _Words(_set("-u -C -S --unset --chdir --split-string")),
    "timeout": _Words(_set("-k -s --kill-after --signal"), 1),
    "stdbuf": _Words(_set("-i -o -e --input --output --error")),
    "chronic": _Words(_set("")),
    "sshpass": _Words(_set("-p -f -d -P"), flags=_set("-e -v")),
    "unbuffer": _Words(_set("")),
    "caffeinate": _Words(_set("-t -w")),
    "setpriv": _Words(
        _set("--reuid --regid --groups --ruid --euid --rgid --egid --inh-caps --ambient-caps --bounding-set")
        | _set("--securebits --pdeathsig --selinux-label --apparmor-profile")
    ),
    "chroot": _Words(_set("--userspec --groups"), 1),
    "systemd-run": _Words(
        _set(
            "-p -u -E -M -H -d --property --unit --uid --gid --setenv --machine --host --slice --description --nice"
        )
        | _set("--working-directory --service-type --on-calendar --on-active --timer-property")
    ),
    "flock": _Words(_set("-w -E --timeout --wait --conflict-exit-code"), 1),
    "xargs": _Words(
        _set(
            "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-lines --max-args --max-procs --max-chars --replace"
        )
    ),
}

_CONTAINER_FLAGS = _set(
    "-i -t -it -ti -d -itd -T --interactive --tty --detach --privileged --rm --init --no-TTY --no-deps -q"
)
_CONTAINER_FLAGS |= _set(
    "--quiet --read-only --service-ports --build --no-healthcheck --quiet-pull --remove-orphans -P -id -dit"
)
_EXEC = _Words(_set("-e -u -w --env --user --workdir --env-file --detach-keys --index"), 1, _CONTAINER_FLAGS)
_RUN = _Words(
    _EXEC.values
    | _set(
        "-v -p -h -m -l -c --volume --publish --hostname --memory --label --name --network --net --entrypoint --mount"
    )
    | _set(
        "--volumes-from --link --add-host --platform --cpus --restart --pull --shm-size --tmpfs --ip --dns --ulimit"
    )
    | _set(
        "--log-driver --log-opt --cap-add --cap-drop --security-opt --device --pid --ipc --userns --uts --gpus --expose"
    )
    | _set(
        "--stop-signal --stop-timeout --network-alias --runtime --group-add --cidfile --sysctl --annotation"
    ),
    1,
    _CONTAINER_FLAGS,
)
_ENGINE_VALUES = _set("-H -c -l --host --context --config --log-level")
_COMPOSE_VALUES = _set(
    "-f -p --file --project-name --env-file --profile --project-directory --ansi --progress --parallel"
)
_KUBECTL_VALUES = _set(
    "-n --namespace --context --kubeconfig --cluster --user -s --server --token --as -c --container"
)
_SSH_VALUES = _set("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B -P")


def peeled(command: Command) -> Peeled:
    """A command as it is written, with its wrappers taken off."""
    wrappers: list[Wrapper] = []
    while command.words and command.words[0].constant:
        step = _peel(command)
        if step is None:
            break
        wrapper, rest = step
        wrappers.append(wrapper)
        if isinstance(rest, Inner):
            return Peeled(tuple(wrappers), command, rest)
        command = replace(command, words=rest)
    return Peeled(tuple(wrappers), command)


_HERE = frozenset(
    {
        "sudo", "doas", "gosu", "su-exec", "setuser", "runuser", "nice", "ionice", "nohup", "setsid", "time", "command",
        "exec", "env", "timeout", "stdbuf", "chronic", "unbuffer", "setpriv", "sshpass",
    }
)  # fmt: skip


def unwrapped(command: Command) -> Command:
    """A command without what only changes its user, its priority or how long it may run: the same files, the same words.

    `sudo -u postgres nice -n 19 cp a b` is a `cp a b`. See `peeled` for all wrappers.
    """
    while command.words and command.words[0].constant and command.name in _HERE:
        step = _words(command.words, command.name)
        if step is None or isinstance(step[1], Inner):
            break
        command = replace(command, words=step[1])
    return command


_Step = tuple[Wrapper, "tuple[Word, ...] | Inner"]


def _peel(command: Command) -> _Step | None:
    """The outermost wrapper and what it runs."""
    words, name = command.words, command.name
    if name in SHELLS:
        return _shell(command)
    if name in ("su", "runuser"):
        code = _value(words, "-c", "--command")
        if code is not None:
            return _code(name, words, code)
    if name == "eval" and len(words) > 1:
        return _joined(name, words, 1)
    if name == "ssh":
        host = _skip(words, 1, _Words(_SSH_VALUES))
        return _joined(name, words, host + 1) if host is not None and host + 1 < len(words) else None
    if name in ("docker", "podman", "docker-compose", "podman-compose"):
        return _container(words, name)
    if name in ("kubectl", "oc", "k3s", "microk8s"):
        return _kubectl(words)
    if name in ("find", "fd"):
        return _find(words)
    return _words(words, name)


def _words(words: tuple[Word, ...], name: str) -> _Step | None:
    known = _WRAPPERS.get(name)
    if known is None or name == "su":
        return None
    if name == "command" and len(words) > 1 and words[1].text in ("-v", "-V"):
        return None  # asks where a command is, runs nothing
    if (
        name in ("sudo", "nice")
        and len(words) > 1
        and words[1].text in ("-l", "-v", "-k", "-K", "-e", "--list")
    ):
        return None
    first = _skip(words, 1, known, assignments=name in ("env", "sudo"))
    if first is None or first >= len(words):
        return None
    if name == "flock" and words[first].text in ("-c", "--command") and first + 1 < len(words):
        return _code(name, words, words[first + 1])
    rest = words[first:]
    if name == "xargs":
        # What it appends may be anything.
        rest = (*rest, Word("$@", words[0].start, words[0].end, constant=False))
    return Wrapper(name, words[:first]), rest


def _skip(words: Sequence[Word], start: int, known: _Words, *, assignments: bool = False) -> int | None:
    """Where the command begins behind a wrapper's options and operands; None where that can't be said."""
    position = start
    while position < len(words):
        text = words[position].text
        if text == "--":
            position += 1
            break
        if not (text.startswith("-") and len(text) > 1):
            if assignments and re.match(r"[A-Za-z_]\w*=", text):
                position += 1
                continue
            break
        if text in known.values:
            position += 2
        elif known.flags is None or text in known.flags or "=" in text or _holds_value(text, known):
            position += 1
        else:
            return None
    position += known.operands
    if position <= len(words) and not all(
        _is_one_word(word) for word in words[start : min(position, len(words))]
    ):
        return None
    return position


def _holds_value(text: str, known: _Words) -> bool:
    """Whether an option is a letter with its value behind it: `-upostgres`."""
    return not text.startswith("--") and text[:2] in known.values


def _is_one_word(word: Word) -> bool:
    """Whether an expansion can't make several words of it, or options of its own."""
    return (
        word.constant
        or word.quoted
        or not word.text.startswith("$")
        or bool(re.fullmatch(r"\$\{?\w+\}?", word.text))
    )


def _container(words: tuple[Word, ...], name: str) -> _Step | None:
    engine = name.partition("-")[0]
    position: int | None = 1
    compose = name.endswith("-compose")
    if not compose:
        position = _skip(words, 1, _Words(_ENGINE_VALUES))
        if position is not None and position < len(words) and words[position].text == "container":
            position += 1
        if position is not None and position < len(words) and words[position].text == "compose":
            compose = True
            position += 1
    if compose and position is not None:
        position = _skip(words, position, _Words(_COMPOSE_VALUES))
    if position is None or position >= len(words) or words[position].text not in ("exec", "run"):
        return None
    action = words[position].text
    first = _skip(words, position + 1, _EXEC if action == "exec" else _RUN)
    if first is None:
        return None
    wrapper = Wrapper(f"{engine} {'compose ' if compose else ''}{action}", words[:first])
    entry = _value(words[:first], "--entrypoint") if action == "run" else None
    if entry is not None:
        return wrapper, (entry, *words[first:])
    return (wrapper, words[first:]) if first < len(words) else None


def _kubectl(words: tuple[Word, ...]) -> _Step | None:
    position = _skip(words, 1, _Words(_KUBECTL_VALUES))
    if position is None or position >= len(words):
        return None
    if words[position].text == "kubectl":
        position += 1
    if position >= len(words) or words[position].text != "exec":
        return None
    separator = next((n for n, word in enumerate(words) if n > position and word.text == "--"), None)
    if separator is None or separator + 1 >= len(words):
        return None
    return Wrapper("kubectl exec", words[:separator]), words[separator + 1 :]


def _find(words: tuple[Word, ...]) -> _Step | None:
    for number, word in enumerate(words):
        if word.text in ("-exec", "-execdir", "-ok", "-okdir"):
            rest = words[number + 1 :]
            end = next((n for n, each in enumerate(rest) if each.text in (";", "\\;", "+")), len(rest))
            run = tuple(replace(each, constant=False) if "{}" in each.text else each for each in rest[:end])
            return (Wrapper("find -exec", words[: number + 1]), run) if run else None
    return None


def _value(words: Sequence[Word], *names: str) -> Word | None:
    """The value of an option: the next word, or what stands behind `=`."""
    for number, word in enumerate(words):
        if word.text in names and number + 1 < len(words):
            return words[number + 1]
        name, equals, value = word.text.partition("=")
        if equals and name in names:
            return replace(word, text=value, quoted=False)
    return None


def _shell(command: Command) -> _Step | None:
    """`sh -c 'code'`. A script file that a shell runs stays as it is."""
    is_value = False
    for number, word in enumerate(command.words[1:], start=1):
        if is_value:
            is_value = False
            continue
        if not word.text.startswith(("-", "+")):
            return None
        is_value = re.fullmatch(r"[-+][A-Za-z]*o", word.text) is not None
        if re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", word.text) and number + 1 < len(command.words):
            options = tuple(each.text for each in command.words[1 : number + 1])
            return _code(command.name, command.words, command.words[number + 1], options)
    return None


def _code(name: str, words: tuple[Word, ...], code: Word, options: tuple[str, ...] = ()) -> _Step | None:
    """Code in one word. An expansion in it is left to the inner shell: the command is then known as far as it is written."""
    if not code.constant and not (code.quoted or re.search(r"\s", code.text)):
        return None
    text = code.text if code.constant else re.sub(r'\\([$`"\\])', r"\1", code.text)
    script = parsed(text)
    place = places_in(replace(code, text=text))
    own = tuple(word for word in words if word is not code)
    return Wrapper(name, own), Inner(moved(script.body, place), script.broken, options)


def _joined(name: str, words: tuple[Word, ...], first: int) -> _Step | None:
    """Code in several words, which a shell joins with spaces."""
    rest = words[first:]
    if len(rest) == 1:
        return _code(name, words, rest[0]) or _plain(name, words, rest[0])
    script = parsed(" ".join(word.text for word in rest))
    start, end = rest[0].start, rest[-1].end
    inner = Inner(moved(script.body, lambda _start, _end: (start, end)), script.broken, ())
    return Wrapper(name, words[:first]), inner


def _plain(name: str, words: tuple[Word, ...], word: Word) -> _Step | None:
    return (Wrapper(name, words[:-1]), (word,)) if word.constant else None
