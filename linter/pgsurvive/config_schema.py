"""The shape of a configuration file, as pydantic checks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from pgsurvive.catalog.postgresql import MAJORS
from pgsurvive.config import Config, ConfigError
from pgsurvive.findings import Severity  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _major(value: int) -> int:
    if value not in MAJORS:
        raise ValueError(f"must be one of {', '.join(map(str, MAJORS))}")
    return value


def _names_a_rule(value: str, info: ValidationInfo) -> str:
    is_rule: Callable[[str], bool] = (info.context or {})["is_rule"]
    if not is_rule(value):
        raise ValueError(f"no rule is called {value!r}; `pgsurvive rules` lists them")
    return value


RuleName = Annotated[str, Field(min_length=3), AfterValidator(_names_a_rule)]


class _Schema(BaseModel):
    model_config = ConfigDict(
        extra="forbid", alias_generator=lambda name: name.replace("_", "-"), strict=True
    )

    pg: Annotated[int, AfterValidator(_major)] | None = None
    select: list[RuleName] = []
    ignore: list[RuleName] = []
    severity: dict[RuleName, Annotated[Severity, Field(strict=False)]] = {}
    per_file_ignores: dict[str, list[RuleName]] = {}
    exclude: list[str] = []


def validated(table: dict[str, Any], file: Path, prefix: str, is_rule: Callable[[str], bool]) -> Config:
    """The table as a Config; see `config.find`. Raises ConfigError that names every key that is wrong."""
    try:
        schema = _Schema.model_validate(table, context={"is_rule": is_rule})
    except ValidationError as error:
        lines = [
            f"{file}: {prefix}{'.'.join(map(str, problem['loc']))}: {_reason(problem)}"
            for problem in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join(lines)) from error
    return Config(
        pg=schema.pg,
        select=tuple(schema.select),
        ignore=tuple(schema.ignore),
        severity=schema.severity,
        per_file_ignores={glob: tuple(rules) for glob, rules in schema.per_file_ignores.items()},
        exclude=tuple(schema.exclude),
    )


def _reason(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        known = ", ".join(name.replace("_", "-") for name in _Schema.model_fields)
        return f"unknown key; there are {known}"
    message: str = problem["msg"]
    return message.removeprefix("Value error, ")
