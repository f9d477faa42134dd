import pytest

from pgsurvive.syntax import yaml
from pgsurvive.text import Source

_BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize("text", ["a: &a\n  b: *a\n", "a: &a\n  <<: *a\n", "&a [*a]", _BOMB])
def test_a_document_that_never_ends_is_none(text: str) -> None:
    assert yaml.parse(Source("x.yaml", text)) == ()


def test_a_key_has_its_place() -> None:
    source = Source("x.yaml", "spec:\n  backup: {x: 1}\n")
    (document,) = yaml.parse(source)
    spec = document.get("spec")
    assert spec is not None
    key = spec.key("backup")
    assert key is not None
    assert source.text[key.start : key.end] == "backup"
    assert spec.key("x") is None
