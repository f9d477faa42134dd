"""pgsurvive reads backup and recovery configuration and says which disasters it would not survive.

>>> import pgsurvive
>>> for finding in pgsurvive.check_text("archive_mode = off", "postgresql.conf"):
...     print(finding.line, finding.code, finding.name)
1 PGS101 archive-mode-off
"""

from pgsurvive.api import Result, check_paths, check_text
from pgsurvive.config import Config, ConfigError
from pgsurvive.findings import Finding, Related, Severity
from pgsurvive.rules import Rule, all_rules
from pgsurvive.text import Span

__version__ = "0.1.0"

__all__ = [
    "Config",
    "ConfigError",
    "Finding",
    "Related",
    "Result",
    "Rule",
    "Severity",
    "Span",
    "__version__",
    "all_rules",
    "check_paths",
    "check_text",
]
