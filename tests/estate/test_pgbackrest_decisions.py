"""Which lines of pgbackrest.conf decide what a command does."""

from pgsurvive.estate.pgbackrest import PgbackrestConfig, read
from pgsurvive.text import Source


def _config(text: str) -> PgbackrestConfig:
    return read(Source("pgbackrest.conf", text))


def _lines(config: PgbackrestConfig, option: str, command: str) -> list[int]:
    return [found.span.line for found in config.decisions(option, command)]


def test_a_line_that_decides_for_two_stanzas_is_one_decision() -> None:
    config = _config("[global]\nprocess-max=2\n[one]\npg1-path=/one\n[two]\npg1-path=/two\n")
    assert _lines(config, "process-max", "backup") == [2]


def test_a_line_that_every_stanza_overrides_decides_nothing() -> None:
    config = _config("[global]\nprocess-max=2\n[one]\npg1-path=/one\nprocess-max=3\n")
    assert _lines(config, "process-max", "backup") == [5]


def test_a_line_for_another_command_decides_nothing() -> None:
    config = _config("[global:archive-push]\nprocess-max=2\n[one]\npg1-path=/one\n")
    assert _lines(config, "process-max", "backup") == []
    assert _lines(config, "process-max", "archive-push") == [2]


def test_without_a_stanza_the_global_sections_decide() -> None:
    assert _lines(_config("[global]\nprocess-max=2\n"), "process-max", "backup") == [2]
