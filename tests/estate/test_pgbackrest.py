from pathlib import Path

from pgsurvive import Config, check_paths
from pgsurvive.estate.pgbackrest import PgbackrestConfig, State, read
from pgsurvive.text import Source

CONF = """[global]
repo1-path=/var/lib/pgbackrest
repo1-retention-full=2
compress-type=zst
process-max=2
repo3-cipher-pass=x

[global:restore]
process-max=8

[main]
pg1-path=/data
repo1-retention-full=4
buffer-size=1MiB
archive-timeout=90

[main:backup]
process-max=4
"""


def _config(text: str = CONF, path: str = "pgbackrest.conf") -> PgbackrestConfig:
    return read(Source(path, text))


def test_the_most_specific_section_decides() -> None:
    config = _config()
    assert config.effective("process-max").value == 2
    assert config.effective("process-max", "main", "restore").value == 8
    assert config.effective("process-max", "main", "backup").value == 4
    assert config.effective("process-max", "other", "backup").value == 2
    assert config.effective("repo1-retention-full", "main").value == 4


def test_sizes_are_bytes_and_times_seconds() -> None:
    config = _config()
    assert config.effective("buffer-size", "main").value == 2**20
    assert config.effective("archive-timeout", "main").value == 90
    assert config.effective("protocol-timeout").value == 31 * 60


def test_what_is_not_set_is_at_its_default_which_may_follow_from_another_option() -> None:
    option = _config().effective("compress-level", "main", "backup")
    assert (option.state, option.value, option.span.line) == (State.DEFAULT, 3, 1)
    assert _config().effective("pg1-port", "main").span.line == 11


def test_a_line_whose_dependency_is_unmet_is_ignored() -> None:
    option = _config().effective("repo3-cipher-pass")
    assert (option.state, option.value, option.is_set) == (State.IGNORED, None, False)


def test_an_old_name_is_resolved() -> None:
    config = _config("[global]\nretention-full=2\nrepo-path=/x/\n[main]\ndb2-path=/y\n")
    assert config.effective("repo1-retention-full").value == 2
    assert config.effective("repo1-path").value == "/x"
    assert config.databases("main") == (2,)
    assert config.repositories() == (1,)


def test_a_repository_is_in_use_if_a_line_about_it_holds() -> None:
    assert _config().repositories("main") == (1,)
    assert _config(CONF + "repo2-path=/x\n").repositories("main") == (1, 2)
    assert _config("[main]\npg1-path=/x\n").repositories() == (1,)


def test_a_stanza_option_in_a_global_section_sets_nothing() -> None:
    option = _config("[global]\npg1-path=/x\n[main]\npg1-port=1\n").effective("pg1-path", "main")
    assert option.state is State.DEFAULT


def test_an_invalid_value_says_why() -> None:
    option = _config("[global]\nprocess-max=many\n").effective("process-max")
    assert (option.value, option.invalid) == (None, "it takes an integer from 1 to 999")


def test_of_a_template_what_is_not_set_is_unknown() -> None:
    config = _config("[global]\nrepo1-path={{ path }}\n[main]\npg1-path=/x\n")
    assert config.effective("process-max").state is State.UNKNOWN
    assert config.effective("repo1-path").value is None


def _found(directory: Path, files: dict[str, str], code: str) -> list[tuple[str, int]]:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    findings = check_paths([directory], config=Config(select=(code,))).findings
    return [(Path(f.path).relative_to(directory).as_posix(), f.line) for f in findings]


def test_the_files_of_conf_d_belong_to_the_main_file_beside_them(tmp_path: Path) -> None:
    files = {
        "etc/pgbackrest.conf": "[global]\nrepo1-retention-full=2\n[main]\npg1-path=/x\n",
        "etc/conf.d/repo.conf": "[global]\nrepo1-path=/x\nrepo1-retention-full=4\n",
        "etc/conf.d/repo.conf.off": "[global]\nrepo1-retention-full=5\n",
    }
    assert _found(tmp_path, files, "PGS404") == [("etc/conf.d/repo.conf", 3)]


def test_a_file_of_conf_d_alone_is_checked_but_not_for_what_it_leaves_out(tmp_path: Path) -> None:
    files = {"conf.d/repo.conf": "[global]\nrepo1-path=relative\nrepo1-cipher-pass=x\n"}
    assert _found(tmp_path, files, "PGS402") == [("conf.d/repo.conf", 2)]
    assert _found(tmp_path, files, "PGS405") == []
