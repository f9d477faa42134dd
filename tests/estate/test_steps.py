from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.estate.script import read
from pgsurvive.estate.steps import Step
from pgsurvive.text import Source


class _Folder:
    """The files of a tree that stands in a dictionary."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> Source | None:
        return Source(path, self.files[path]) if path in self.files else None

    def covers(self, path: str) -> bool:
        return path in self.files

    def names_in(self, directory: str) -> list[str] | None:  # noqa: ARG002 - the protocol's signature
        return list(self.files)

    def find(self, name: str, near: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        return self.read(name)


def _steps(text: str, **files: str) -> list[Step]:
    folder = _Folder({name.replace("_", "."): content for name, content in files.items()})
    return list(read(Source("a.sh", text), frozenset({18}), folder).steps)


def _step(text: str, name: str = "x", **files: str) -> Step:
    (found,) = [step for step in _steps(text, **files) if step.command.name == name]
    return found


@pytest.mark.parametrize(
    ("line", "wrappers"),
    [
        ("sudo -u postgres x -y z", ["sudo"]),
        ("su - postgres -c 'x -y z'", ["su"]),
        ("su -s /bin/sh -c 'exec x -y z' postgres", ["su", "exec"]),
        ("runuser -l postgres -c 'x -y z'", ["runuser"]),
        ("runuser -u postgres -- x -y z", ["runuser"]),
        ("setpriv --reuid=postgres --clear-groups x -y z", ["setpriv"]),
        ("flock -n /run/lock x -y z", ["flock"]),
        ("flock -n /run/lock -c 'x -y z'", ["flock"]),
        ("ssh -p 22 backup@host x -y z", ["ssh"]),
        ("ssh host 'sudo x -y z'", ["ssh", "sudo"]),
        ("docker exec -it -u postgres db x -y z", ["docker exec"]),
        ("docker exec db sh -c 'x -y z'", ["docker exec", "sh"]),
        ("docker compose -f c.yml exec -T db x -y z", ["docker compose exec"]),
        ("docker-compose exec db x -y z", ["docker compose exec"]),
        ("docker run --rm -e A=b -v a:b postgres:17 x -y z", ["docker run"]),
        ("podman run --rm --entrypoint x image -y z", ["podman run"]),
        ("kubectl exec -n db pod-0 -c postgres -- x -y z", ["kubectl exec"]),
        ("kubectl -n db exec -it pod-0 -- bash -c 'x -y z'", ["kubectl exec", "bash"]),
        ("sshpass -p word ssh -p 22 backup@host x -y z", ["sshpass", "ssh"]),
        ("sshpass -p \"$word\" -P assword: ssh host 'x -y z'", ["sshpass", "ssh"]),
        ("sshpass -f /root/word -v x -y z", ["sshpass"]),
        ("sshpass -f/root/word x -y z", ["sshpass"]),
        ("sshpass -d 3 x -y z", ["sshpass"]),
        ("SSHPASS=$word sshpass -e x -y z", ["sshpass"]),
        ("chroot /mnt x -y z", ["chroot"]),
        ("systemd-run --uid=postgres -p Nice=5 x -y z", ["systemd-run"]),
        ("env -i A=b nice -n 19 timeout -k 5 60 x -y z", ["env", "nice", "timeout"]),
        ("bash -euo pipefail -c 'x -y z'", ["bash"]),
        ('su postgres -c "x -y z"', ["su"]),
    ],
)
def test_the_command_behind_its_wrappers_is_found(line: str, wrappers: list[str]) -> None:
    step = _step(line)
    assert [word.text for word in step.command.words] == ["x", "-y", "z"]
    assert [wrapper.name for wrapper in step.wrappers] == wrappers


@pytest.mark.parametrize(
    "line",
    [
        "docker exec $OPTIONS db x",
        "docker run --unheard-of x y",
        "sshpass --unheard-of x y",
        "kubectl exec pod x",
        "command -v x",
        "echo x",
    ],
)
def test_a_wrapper_whose_words_are_not_understood_stays(line: str) -> None:
    assert not [step for step in _steps(line) if step.command.name == "x"]


def test_what_find_and_xargs_run_gets_words_that_are_not_known() -> None:
    for line in ("find . -name a -exec x {} \\;", "find . | xargs -0 -n 1 x"):
        names = [step.command.name for step in _steps(line)]
        assert "x" in names
        assert "find" in names
        assert not _step(line).command.words[-1].constant


def test_a_terminal_is_seen_in_a_bundle() -> None:
    (wrapper,) = _step("docker exec -it db x").wrappers
    assert wrapper.has("-t", "--tty")
    assert not wrapper.has("-u")


@pytest.mark.parametrize(
    ("text", "errexit", "pipefail"),
    [
        ("x", False, False),
        ("set -e\nx", True, False),
        ("#!/bin/bash -e\nx", True, False),
        ("set -euo pipefail\nx", True, True),
        ("set -o errexit\nset -o pipefail\nx", True, True),
        ("set -e\nset +e\nx", False, False),
        ("set -e\n( set +e )\nx", True, False),
        ("set -e\n{ set +e; }\nx", False, False),
        ("if a; then set -e; fi\nx", None, False),
        ("a && set -e\nx", None, False),
        ("if a; then set -e; else set -e; fi\nx", True, False),
        ('set "$options"\nx', None, None),
        ("trap 'echo failed; exit 1' ERR\nx", True, False),
        ("f() { x; }\nset -e\nf", True, False),
        ("f() { x; }\nf\nset -e\nf", None, False),
        ("f() { x; }", None, None),
        ("f() { set -e; }\nf\nx", True, False),
        ("set -e\nf() { x; }\nif f; then a; fi", False, False),
        ("set -e\nbash -c 'x'", False, False),
        ("bash -ec 'x'", True, False),
        (". unheard-of.sh\nx", None, None),
        (". ./backup.env\nx", False, False),
        ("set -eo pipefail\n. unheard-of.sh\nx", True, True),
    ],
)
def test_the_options_in_force_are_known_or_none(
    text: str, errexit: bool | None, pipefail: bool | None
) -> None:
    options = _step(text).options
    assert (options.errexit, options.pipefail) == (errexit, pipefail)


def test_a_sourced_file_of_the_tree_is_followed() -> None:
    step = _step('. "$(dirname "$0")/lib.sh"\nx', lib_sh="set -e\n")
    assert step.options.errexit is True
    steps = _steps(". ./lib.sh\nf\n", lib_sh="f() { x; }\n")
    assert [(s.command.name, s.source.path, s.function) for s in steps if s.command.name == "x"] == [
        ("x", "lib.sh", "f")
    ]


def test_files_that_source_each_other_end() -> None:
    assert _steps(". ./a.sh\nx\n", a_sh=". ./a.sh\n. ./b.sh\n", b_sh=". ./a.sh\n")


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("if a; then x; fi", [("a", True)]),
        ("if a; then b; else x; fi", [("a", False)]),
        ("a && x", [("a", True)]),
        ("a || x", [("a", False)]),
        ("a || exit 1\nx", [("a", True)]),
        ("if a; then exit 1; fi\nx", [("a", False)]),
        ("die() { echo; exit 1; }\na || die\nx", [("a", True)]),
        ("a || { echo; exit 1; }\nx", [("a", True)]),
        ("while a; do x; done", [("a", True)]),
        ("until a; do x; done", [("a", False)]),
        ("a || ( exit 1 )\nx", []),
        ("a || echo\nx", []),
    ],
)
def test_the_conditions_that_guard_a_command_are_known(text: str, conditions: list[tuple[str, bool]]) -> None:
    found = _step(text).conditions
    assert [(c.commands[0].name, c.succeeded) for c in found] == conditions


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        ("x", False),
        ("x || y", True),
        ("y && x", False),
        ("if x; then y; fi", True),
        ("! x", True),
        ("while x; do y; done", True),
        ("x | y || z", False),
        ("y | x || z", True),
    ],
)
def test_it_is_known_whether_the_status_is_asked_for(text: str, checked: bool) -> None:
    assert _step(text).is_checked is checked


def test_circumstances_are_known() -> None:
    assert _step("x &").in_background
    assert _step("for i in a b; do x; done").in_loop
    assert _step("a=$(x)").in_substitution
    assert _step('echo "a $(x) b"').in_substitution
    assert _step("f() { x; }").function == "f"
    trap = _step("trap 'x; y' EXIT INT").trap
    assert trap is not None
    assert trap.signals == ("EXIT", "INT")
    assert [command.name for command in _step("x | sudo gzip | tee b >c").feeds] == ["gzip", "tee"]


def test_the_output_is_where_the_nearest_redirection_leads() -> None:
    for text in ("x > out", "{ x; } > out", "su -c 'x' > out", "x 2>log >out", "x &> out"):
        output = _step(text).output
        assert output is not None
        assert output.text == "out"
    assert _step("x 2>log").output is None


def test_variables_are_put_in_where_they_are_constant() -> None:
    assert [word.text for word in _step("a=b\nx $a $c").command.words] == ["x", "b", "$c"]


@pytest.mark.parametrize(
    ("text", "heredoc", "constant"),
    [
        ("x <<EOF\nSELECT 1;\nEOF\n", "SELECT 1;\n", True),
        ("x <<'EOF' | y\nSELECT $a;\nEOF\n", "SELECT $a;\n", True),
        ("x <<EOF\nSELECT $a;\nEOF\n", "SELECT $a;\n", False),
        ("x <<-EOF > out\n\tSELECT 1;\n\tEOF\n", "SELECT 1;\n", True),
        ("x <<< 'SELECT 1'", "SELECT 1", True),
        ("sudo x <<EOF && y\nä\nEOF\n", "ä\n", True),
    ],
)
def test_a_command_has_the_text_of_its_heredoc(text: str, heredoc: str, constant: bool) -> None:
    found = _step(text).command.heredoc
    assert found is not None
    assert (found.text, found.constant) == (heredoc, constant)


def test_a_heredoc_reaches_the_command_behind_its_wrappers() -> None:
    for line in ("docker exec -i db x", "su postgres -c 'x'", "{ x; }", "ssh host 'sudo x'"):
        found = _step(f"{line} <<EOF\nSELECT 1;\nEOF\n").heredoc
        assert found is not None
        assert found.text == "SELECT 1;\n"


def test_what_stands_behind_a_heredoc_on_its_line_is_not_lost() -> None:
    piped = _step("a <<EOF | x && y\n1\nEOF\n")
    assert piped.pipeline is not None
    assert not _step("a <<EOF | x && y\n1\nEOF\n", "y").pipeline
    assert [c.succeeded for c in _step("a <<EOF || x\n1\nEOF\n").conditions] == [False]


def test_places_are_those_of_the_text() -> None:
    text = "echo ä\nsu - postgres -c 'cd /; x --y'\ntrap 'x --z' EXIT\n"
    found = [text[s.command.start : s.command.end] for s in _steps(text) if s.command.name == "x"]
    assert found == ["x --y", "x --z"]


@given(st.text())
def test_any_text_has_steps(text: str) -> None:
    for step in _steps(text):
        assert 0 <= step.command.start <= step.command.end <= len(text)


_PARTS = (
    *(
        "x",
        "\n",
        "; ",
        " | ",
        " && ",
        "if ",
        "then ",
        "fi ",
        "{ ",
        "} ",
        "( ",
        ") ",
        "<<E\n",
        "E\n",
        "$(",
        '"',
        "'",
        "f() ",
    ),
    *(
        "while ",
        "do ",
        "done ",
        "case ",
        " in ",
        "a) ",
        ";; ",
        "esac ",
        "set -e ",
        "trap ",
        "source f ",
        "ssh h ",
        "sh -c ",
    ),
    *("docker exec ", "find . -exec ", "xargs ", "eval ", "su -c "),
)


@given(st.lists(st.sampled_from(_PARTS), max_size=30))
def test_any_code_has_steps(parts: list[str]) -> None:
    assert isinstance(_steps("".join(parts)), list)


def test_the_scripts_of_the_skill_have_steps() -> None:
    for path in (Path(__file__).parents[2] / "skills").rglob("*.sh"):
        assert _steps(path.read_text())
