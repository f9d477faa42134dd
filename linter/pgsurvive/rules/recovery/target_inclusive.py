"""PGS308 target-inclusive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import Setting
    from pgsurvive.findings import Draft

_MEANT_TO_STAY = re.compile(r"\b(?:last|including|inclusive(?:ly)?|included|after)\b", re.IGNORECASE)
"""A comment with such a word speaks of a transaction that is to be kept: `the last one before the drop`."""

_MEANT_TO_GO = re.compile(
    r"\b(?:stop|halt|end|finish|recover|restore|replay|roll|run|go|up|until|till)\b"
    r"(?:\W+(?:forward|back|it|everything|to|up|until|till|at|a|the|moment|point|time|state|as|of|just|right|immediately|shortly))*"
    r"\W+(?:before|prior to)\b"
    r"|\b(?:just|right|immediately|shortly) (?:before|prior to)\b"
    r"|\bexclud(?:e|ing)\b",
    re.IGNORECASE,
)

_COMMENTED_OUT = re.compile(r"#\s*\w+\s*=")

_TO_THE_MICROSECOND = re.compile(r":\d\d\.\d{4,6}")
"""As pg_waldump and pg_xact_commit_timestamp() print the time of a commit; nobody's clock or log is so exact."""


@rule(
    code="PGS308",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-INCLUSIVE",
)
def target_inclusive(config: PostgresConfig) -> Iterator[Draft]:
    """The restore replays the very transaction that it was to stop before."""
    inclusive = config.effective("recovery_target_inclusive")
    if inclusive.value is False or inclusive.invalid or (inclusive.is_set and inclusive.value is None):
        return
    how = "is on" if inclusive.is_set else "is not set, so it is on"
    for name in ("recovery_target_xid", "recovery_target_lsn", "recovery_target_time"):
        target = config.effective(name)
        if not target.value or not isinstance(target.value, str):
            continue
        said = _said_about(config, target)
        to_stay = bool(_MEANT_TO_STAY.search(said))
        to_go = bool(_MEANT_TO_GO.search(said)) and not to_stay
        if name == "recovery_target_xid":
            found = to_go or not (inclusive.is_set or to_stay)
            what = f"transaction {target.value}"
        else:
            found = to_go and (
                name == "recovery_target_lsn" or bool(_TO_THE_MICROSECOND.search(target.value))
            )
            what = f"the {'record' if name == 'recovery_target_lsn' else 'commit'} at {target.value}"
        if found:
            yield target.finding(
                f"recovery_target_inclusive {how}: the restore replays {what} too, and if that is the mistake it is made "
                "again",
                help="set recovery_target_inclusive = off to stop just before it, or = on to say that it is to be replayed",
            )


def _said_about(config: PostgresConfig, setting: Setting) -> str:
    """The comment on the setting's line and those alone on the lines directly above it, without settings commented out."""
    tree = next((tree for tree in config.trees if tree.source is setting.source), None)
    if tree is None:
        return ""
    at = {comment.span.line: comment for comment in tree.comments}
    line = setting.span.line
    found = [at[line].text] if line in at else []
    while (above := at.get(line - 1)) is not None and above.alone:
        if not _COMMENTED_OUT.match(above.text):
            found.append(above.text)
        line -= 1
    return " ".join(reversed(found))
