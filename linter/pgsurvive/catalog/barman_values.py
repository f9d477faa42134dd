"""What an option's text means to Barman. A text that it doesn't understand it ignores, and says so in one line of a log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pgsurvive.catalog.values import Invalid

if TYPE_CHECKING:
    from pgsurvive.catalog.barman import Definition

_TRUE = frozenset({"true", "t", "yes", "1", "on"})
_FALSE = frozenset({"false", "f", "no", "0", "off"})
_INTERVAL = re.compile(r"\s*(\d+)\s+(hour|day|week|month)s?\s*", re.IGNORECASE)
_WINDOW = re.compile(r"\s*recovery\s+window\s+of\s+(\d+)\s+(day|week|month)s?\s*", re.IGNORECASE)
_REDUNDANCY = re.compile(r"\s*redundancy\s+(\d+)\s*", re.IGNORECASE)
_SIZE = re.compile(r"(\d+)\s*(k|Ki|M|Mi|G|Gi|T|Ti)?\s*")
_SLOT = re.compile("[0-9a-z_]+")

_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 31 * 24}
"""A month is 31 days to Barman."""

_UNITS = {"": 1}
_UNITS |= {letter: 1000**n for n, letter in enumerate("kMGT", start=1)}
_UNITS |= {f"{letter}i": 1024**n for n, letter in enumerate("KMGT", start=1)}

_MOST_DAYS = 999_999_999
"""What Python's timedelta holds."""

_GOOGLE = "https://console.cloud.google.com/storage/browser/"


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """What Barman keeps: a number of backups, or everything needed to go back some time."""

    count: int
    unit: str
    """`backups`, `days`, `weeks` or `months`."""

    @property
    def is_window(self) -> bool:
        """Whether it is a span of time."""
        return self.unit != "backups"

    @property
    def days(self) -> int | None:
        """How far back one can go, None where only backups are counted."""
        return self.count * _HOURS[self.unit[0]] // 24 if self.is_window else None


Value: TypeAlias = (
    bool | int | str | frozenset[str] | tuple[str, ...] | dict[str, int] | RetentionPolicy | None
)
"""Intervals in seconds, sizes in bytes. None: it is as if nothing were set."""


def interpret(definition: Definition, text: str) -> Value | Invalid:  # noqa: C901, PLR0912 - a case per type
    """The value a text gives this option, or why Barman ignores it."""
    match definition.type:
        case "boolean":
            word = text.lower()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            return Invalid("it takes on or off")
        case "integer" | "redundancy" | "bandwidth":
            return _integer(definition.type, text)
        case "interval":
            return _interval(text)
        case "size":
            return _size(text)
        case "choice":
            return _choice(definition, text)
        case "set":
            return _set(definition, text)
        case "level":
            return _level(definition, text)
        case "slot name":
            name = text.lower()
            return name if _SLOT.fullmatch(name) else Invalid("it takes lower case letters, digits and _")
        case "absolute path":
            return text if text.startswith("/") else Invalid("it takes an absolute path")
        case "list":
            parts = tuple(text.split(","))
            return Invalid("there is an empty name between the commas") if "" in parts else parts
        case "directory or URL":
            return _directory(text)
        case "retention policy":
            return _retention(text)
        case "WAL retention policy":
            return "main" if text == "main" else Invalid("it takes main, and nothing else")
        case "retention mode":
            return "auto" if text == "auto" else Invalid("it takes auto, and nothing else")
        case "tablespace bandwidths":
            return _bandwidths(text)
        case _:
            return text


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _integer(kind: str, text: str) -> Value | Invalid:
    if kind == "bandwidth" and not text:
        return None
    number = _number(text)
    if number is None:
        return Invalid("it takes an integer")
    if kind == "redundancy" and number < 0:
        return Invalid("it can't be negative")
    return number


def _interval(text: str) -> Value | Invalid:
    if not text:
        return None
    match = _INTERVAL.fullmatch(text)
    if match is None:
        return Invalid("it takes a number and HOURS, DAYS, WEEKS or MONTHS")
    hours = (_number(match[1]) or 0) * _HOURS[match[2][0].lower()]
    return hours * 3600 if hours <= _MOST_DAYS * 24 else Invalid("it is too long")


def _size(text: str) -> Value | Invalid:
    if not text:
        return None
    match = _SIZE.fullmatch(text)
    number = _number(match[1]) if match else None
    if match is None or number is None:
        return Invalid("it takes an integer with k, M, G, T or Ki, Mi, Gi, Ti, in exactly this case")
    return number * _UNITS[match[2] or ""]


def _choice(definition: Definition, text: str) -> Value | Invalid:
    word = text.lower() if definition.ignores_case else text
    if word in definition.values:
        return definition.values[word]
    if not word and definition.takes_empty:
        return ""
    return Invalid(f"it takes {_any_of(sorted(definition.values))}")


def _set(definition: Definition, text: str) -> Value | Invalid:
    words = frozenset(word.strip().lower() for word in text.split(",")) if text else frozenset()
    if not words <= definition.values.keys():
        return Invalid(f"it takes {_any_of(sorted(definition.values))}, or several with commas between them")
    both = next((pair for pair in definition.conflicts if pair <= words), None)
    return Invalid(f"it can't be both {' and '.join(sorted(both))}") if both else words


def _level(definition: Definition, text: str) -> Value | Invalid:
    word = text.lower()
    if not word or word in definition.values:
        return word
    number = _number(word) if word.lstrip("-").isdigit() else None
    return Invalid("it takes low, medium, high or an integer") if number is None else number


def _directory(text: str) -> Value | Invalid:
    if "://" in text and not _is_cloud(text):
        return Invalid(
            "it takes a directory or the URL of a bucket: s3://, gs://, https://….blob.core.windows.net/…"
        )
    return text


def _is_cloud(text: str) -> bool:
    from urllib.parse import urlparse  # noqa: PLC0415 - only where there is a URL

    try:
        url = urlparse(text)
        if url.scheme == "s3" and url.netloc:
            return True
        if text.startswith(("gs://", _GOOGLE)):
            return bool(urlparse(text.replace(_GOOGLE, "gs://")).netloc)
        return url.netloc.endswith("blob.core.windows.net") and "/" in url.path
    except ValueError:
        return False


def _retention(text: str) -> Value | Invalid:
    if not text:
        return None
    for match in filter(None, (_REDUNDANCY.fullmatch(text), _WINDOW.fullmatch(text))):
        number = _number(match[1])
        if number is not None:
            return RetentionPolicy(number, match[2].lower() + "s" if match.re is _WINDOW else "backups")
    return Invalid("it takes REDUNDANCY n, or RECOVERY WINDOW OF n DAYS, WEEKS or MONTHS")


def _bandwidths(text: str) -> Value | Invalid:
    if not text:
        return None
    found: dict[str, int] = {}
    for rule in text.split():
        name, colon, limit = rule.partition(":")
        number = _number(limit)
        if not colon or number is None:
            return Invalid(f"{rule} is not a tablespace, a colon and an integer")
        found[name] = number
    return found


def _any_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
