import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgsurvive.catalog.barman_values import RetentionPolicy
from pgsurvive.estate.barman import BarmanConfig, State, Why, read
from pgsurvive.text import Source

MAIN = "[barman]\nbarman_home = /srv/barman\n"


class Tree:
    """Files by their names."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> Source | None:
        """The file of this name."""
        return Source(path, self._files[path]) if path in self._files else None

    def covers(self, path: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Everything is in the tree."""
        return True

    def names_in(self, directory: str) -> list[str] | None:
        """The names in a directory."""
        names = [
            name.removeprefix(f"{directory}/") for name in self._files if name.startswith(f"{directory}/")
        ]
        return [name for name in names if "/" not in name] or None

    def find(self, name: str, near: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        """The file of this name, wherever it is."""
        return next((self.read(path) for path in self._files if path.endswith(name)), None)


def _read(text: str, path: str = "barman.conf") -> BarmanConfig:
    return read(Source(path, text))


def test_the_servers_line_decides_before_that_of_barman_and_the_default() -> None:
    config = _read(MAIN + "compression = gzip\nparallel_jobs = 4\n[main]\ncompression = xz\n")
    (server,) = config.servers
    found = {name: server.effective(name) for name in ("compression", "parallel_jobs", "check_timeout")}
    assert {name: (o.state, o.value, o.section) for name, o in found.items()} == {
        "compression": (State.SET, "xz", "main"),
        "parallel_jobs": (State.SET, 4, "barman"),
        "check_timeout": (State.DEFAULT, 30, None),
    }
    assert [o.span.line for o in found.values()] == [6, 4, 5]


def test_what_barman_does_not_understand_is_dropped_for_the_next_that_it_does() -> None:
    config = _read(MAIN + "parallel_jobs = 4\n[main]\nparallel_jobs = many\narchiver = yes please\n")
    (server,) = config.servers
    jobs, archiver = server.effective("parallel_jobs"), server.effective("archiver")
    assert (jobs.state, jobs.value, [d.text for d in jobs.dropped]) == (State.SET, 4, ["many"])
    assert (archiver.state, archiver.value, archiver.span.line) == (State.DROPPED, False, 6)


def test_a_policy_that_is_none_is_found_out_at_work_and_nothing_takes_its_place() -> None:
    config = _read(MAIN + "retention_policy = REDUNDANCY 2\n[a]\n[b]\nretention_policy = REDUNDANCY two\n")
    a, b = (server.effective("retention_policy") for server in config.servers)
    assert a.value == RetentionPolicy(2, "backups")
    assert (b.state, b.value) == (State.DROPPED, None)


def test_defaults_follow_what_they_refer_to() -> None:
    (server,) = _read(MAIN + "[main]\nbackup_directory = '/backup/main'\nconninfo = host=a\n").servers
    assert server.effective("wals_directory").value == "/backup/main/wals"
    assert server.effective("streaming_conninfo").value == "host=a"
    (other,) = _read(MAIN + "[main]\n").servers
    assert other.effective("wals_directory").value == "/srv/barman/main/wals"
    assert other.effective("streaming_conninfo").value is None


def test_of_a_file_for_a_server_alone_what_barman_may_say_is_unknown() -> None:
    config = _read("[main]\nconninfo = host=a\n", "barman.d/main.conf")
    (server,) = config.servers
    assert config.is_fragment
    assert not config.is_complete
    states = {
        name: server.effective(name).state for name in ("conninfo", "ssh_command", "minimum_redundancy")
    }
    assert states == {
        "conninfo": State.SET,
        "ssh_command": State.DEFAULT,
        "minimum_redundancy": State.UNKNOWN,
    }
    assert server.effective("wals_directory").state is State.UNKNOWN, "it depends on barman_home"


def _in(files: dict[str, str], path: str) -> BarmanConfig:
    return read(Source(path, files[path]), Tree(files))


def test_the_files_of_a_directory_are_read_in_their_order() -> None:
    files = {
        "image/etc/barman.conf": MAIN + "configuration_files_directory = /etc/barman.d\n",
        "image/etc/barman.d/b.conf": "[b]\nconninfo = host=b\n[a]\nconninfo = host=other\n",
        "image/etc/barman.d/a.conf": "[a]\nconninfo = host=a\n",
        "image/etc/barman.d/.c.conf": "[c]\n",
    }
    config = _in(files, "image/etc/barman.conf")
    assert config.is_complete
    found = [(server.name, server.effective("conninfo").value) for server in config.servers]
    assert found == [("a", "host=other"), ("b", "host=b")]


def test_a_file_for_a_server_is_read_with_the_main_file_that_includes_it() -> None:
    files = {
        "roles/barman/files/barman.conf": MAIN + "configuration_files_directory = /etc/barman.d\n",
        "roles/barman/files/barman.d/b.conf": "[b]\nconninfo = host=b\n",
        "roles/barman/files/other/c.conf": "[c]\nconninfo = host=c\n",
    }
    inside = _in(files, "roles/barman/files/barman.d/b.conf")
    assert not inside.is_fragment
    assert inside.servers[0].effective("wals_directory").value == "/srv/barman/b/wals"
    assert _in(files, "roles/barman/files/other/c.conf").is_fragment


@pytest.mark.parametrize("main", ["etc/barman.conf", "image/etc/barman/barman.conf", "/etc/barman.conf"])
def test_a_directory_of_the_machine_is_found_in_an_image_of_its_disk(main: str) -> None:
    root = main.partition("etc/")[0]
    files = {
        main: MAIN + "configuration_files_directory = /etc/barman.d\n",
        f"{root}etc/barman.d/a.conf": "[a]\n",
    }
    assert [server.name for server in _in(files, main).servers] == ["a"]


def test_servers_beside_the_main_file_are_taken_for_its_own_but_may_not_be_all() -> None:
    files = {
        "docker/barman.conf": MAIN + "configuration_files_directory = /etc/barman.d\n",
        "docker/pg.conf": "[pg]\nconninfo = host=pg\n",
        "docker/pgbouncer.ini.conf": "[databases]\nshop = host=pg\n",
    }
    config = _in(files, "docker/barman.conf")
    assert [server.name for server in config.servers] == ["pg"]
    assert not config.has_all_files
    assert not _in(files, "docker/pg.conf").is_fragment


def test_a_directory_outside_the_tree_leaves_open_which_servers_there_are() -> None:
    config = _in({"barman.conf": MAIN + "configuration_files_directory = /etc/barman.d\n"}, "barman.conf")
    assert not config.has_all_files
    assert not config.is_complete
    assert config.option("retention_policy").state is State.DEFAULT


def test_what_a_template_writes_later_is_unknown() -> None:
    text = (
        MAIN
        + "[main]\nminimum_redundancy = {{ keep }}\narchiver = ${ARCHIVER}\nbackup_options = EXCLUSIVE_BACKUP\n"
    )
    config = _read(text)
    (server,) = config.servers
    names = ("minimum_redundancy", "archiver", "check_timeout", "backup_options")
    states = [server.effective(name).state for name in names]
    assert states == [State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, State.SET]
    assert config.is_template
    assert config.refusals == ()


def test_models_are_told_from_servers_and_inherit_nothing() -> None:
    config = _read(
        MAIN + "parallel_jobs = 4\n[main]\n[standby]\nmodel = on\ncluster = main\nconninfo = host=b\n"
    )
    assert [server.name for server in config.servers] == ["main"]
    (model,) = config.models
    assert model.effective("conninfo").value == "host=b"
    assert model.effective("parallel_jobs").value is None


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("[main]\n[barman]\nx\n", Why.SYNTAX, 3),
        (MAIN + "[main]\nconninfo = %(nothing)s\n", Why.REFERENCE, 4),
        (MAIN + "[main]\nconninfo = a%b\n", Why.REFERENCE, 4),
        (MAIN + "[main]\nconninfo = a%%b\n", Why.PERCENT, 4),
        (MAIN + "[main]\nbackup_directory = %(barman_home)s/x\n", Why.REFERENCE, 4),
        (MAIN + "[all]\n", Why.RESERVED, 3),
        (MAIN + "[a]\nmodel = maybe\n", Why.NOT_BOOLEAN, 4),
        (MAIN + "[a]\nmodel = on\n", Why.MISSING, 3),
        (MAIN + "lock_directory_cleanup = never\n", Why.NOT_BOOLEAN, 3),
        (MAIN + "[a]\nbackup_directory =\n", Why.EMPTY, 4),
        ("[barman]\n[a]\n", Why.MISSING, 1),
    ],
)
def test_what_barman_stops_at_is_known_with_its_place(text: str, why: Why, line: int) -> None:
    first = _read(text).refusals[0]
    assert (first.why, first.span.line) == (why, line)


def test_a_percent_sign_is_written_four_times() -> None:
    (server,) = _read(MAIN + "[main]\nconninfo = password=a%%%%b\n").servers
    assert server.effective("conninfo").value == "password=a%b"


def test_an_included_file_may_only_repeat_what_barman_says() -> None:
    files = {
        "barman.conf": MAIN + "configuration_files_directory = barman.d\n",
        "barman.d/a.conf": MAIN,
        "barman.d/b.conf": "[barman]\ncompression = gzip\n",
    }
    (refusal,) = _in(files, "barman.conf").refusals
    assert (refusal.why, refusal.source.path, refusal.span.line) == (
        Why.GLOBALS_ELSEWHERE,
        "barman.d/b.conf",
        2,
    )


def test_a_server_that_no_command_can_work_on_is_known() -> None:
    config = _read(MAIN + "[a]\nminimum_redundancy =\n[b]\nretention_policy = Main\n[c]\n")
    broken = [server.breaks_at_work for server in config.servers]
    assert [option and option.name for option in broken] == ["minimum_redundancy", "retention_policy", None]


_SIGNS = ("\n", "\n", "\n", " ", "=", "%", "%(model)s", "%%", "'", "# x", "{{", "3", "on")
_SECTIONS = ("[barman]", "[a]", "[all]", "[DEFAULT]")
_NAMES = (
    "model",
    "cluster",
    "barman_home",
    "conninfo",
    "backup_directory",
    "retention_policy",
    "minimum_redundancy",
)
_PARTS = st.sampled_from((*_SIGNS, *_SECTIONS, *_NAMES))


@settings(deadline=None)
@given(
    st.lists(_PARTS, max_size=50).map("".join)
    | st.text(max_size=200)
    | st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))
)
def test_no_file_stops_the_reader(text: str) -> None:
    config = read(Source("barman.conf", text), Tree({"barman.conf": text}))
    for server in (*config.servers, *config.models):
        assert all(option.source is config.source for option in server.options)
    assert all(refusal.source is config.source for refusal in config.refusals)
    assert config.is_complete in (True, False)
