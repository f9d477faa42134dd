import pytest

from pgsurvive.estate.dated_names import Unit, unit_of
from pgsurvive.estate.script import read
from pgsurvive.text import Source


def _unit(path: str, script: str = "") -> Unit | None:
    return unit_of(read(Source("backup.sh", script), frozenset({18})), path)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/b/x-$(date +%F).sql", Unit.DAY),
        ("/b/x-$(/bin/date -u '+%Y-%m-%d').sql", Unit.DAY),
        ("/b/x-`date +%a`.sql", Unit.DAY),
        ("/b/x-$(date -I).sql", Unit.DAY),
        ("/b/x-$(date +%F-%H).sql", Unit.HOUR),
        ("/b/x-$(date -Iseconds).sql", Unit.MINUTE),
        ("/b/x-$(date +%s).sql", Unit.MINUTE),
        ("/b/x-$(date).sql", Unit.MINUTE),
        ("/b/$(date +%F)/x-$(date +%H%M).sql", Unit.MINUTE),
        ("/b/x.sql", None),
        ("/b/x-$(date +%F)-$$.sql", None),
        ("/b/x-$(date +%F)-$1.sql", None),
        ("/b/x-$(date +%F)-$RUN.sql", None),
        ("/b/x-$(date +%F)-$(uuidgen).sql", None),
    ],
)
def test_a_name_is_as_fine_as_its_finest_date(path: str, unit: Unit | None) -> None:
    assert _unit(path) is unit


def test_variables_of_the_script_are_followed() -> None:
    script = "DAY=$(date +%F)\nexport NAME=shop-$DAY\n"
    assert _unit("$DIR/$NAME.sql", script) is Unit.DAY
    assert _unit("$DIR/$NAME.sql", f"{script}DAY=$(date +%F-%H%M)") is Unit.MINUTE
    assert _unit("$DIR/$NAME.sql", "NAME=$(make_name)-$(date +%F)") is None
