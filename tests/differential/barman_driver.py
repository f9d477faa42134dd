"""What Barman makes of configurations. Barman's own Python runs this, once for thousands of them.

Reads one directory per line of its input, each with a barman.conf that is read in it. Writes one line of JSON for each: why
Barman refuses it, or each server's options and what Barman says that it ignores.
"""

import binascii
import json
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

config = import_module("barman.config")
output = import_module("barman.output")
server = import_module("barman.server")
psycopg2 = import_module("psycopg2")


def no_connection(*_arguments: object, **_options: object) -> None:
    """Stands in for connecting: nothing here may depend on a server."""
    raise psycopg2.OperationalError("no server")


class Log(logging.Handler):
    """Collects the arguments of what Barman complains about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the message and its parts."""
        self.messages.append([record.getMessage()])


def encoded(value: object) -> object:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, set | frozenset):
        return {"set": sorted(value)}
    if isinstance(value, list):
        return {"list": value}
    if isinstance(value, dict):
        return {"dict": value}
    if hasattr(value, "total_seconds"):
        return {"seconds": int(value.total_seconds())}
    return {"policy": str(value)}


LATER = (
    "bandwidth_limit",
    "minimum_redundancy",
    "retention_policy",
    "retention_policy_mode",
    "tablespace_bandwidth_limit",
    "wal_retention_policy",
    "archiver",
)


def begun(each: Any) -> tuple[Any, bool]:
    """The server as a command works on it, and whether Barman could make the whole of it."""
    try:
        return server.Server(each), True
    except binascii.Error:
        raise
    except (Exception, SystemExit):  # noqa: BLE001 - as below
        # Without the library for a cloud, or a connection. What the constructor does with the options is done here.
        working = SimpleNamespace(config=each, backup_manager=None, enforce_retention_policies=False)
        for step in ("bandwidth_limits", "minimum_redundancy", "retention_policies"):
            getattr(server.Server, f"_init_{step}")(working)
        return working, False


def at_work(each: Any, log: Log) -> dict[str, object]:
    """What a command finds when it begins to work on a server."""
    log.messages.clear()
    try:
        working, is_whole = begun(each)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what Barman does
        return {"error": type(error).__name__, "message": str(error)}
    return {
        **{name: encoded(getattr(each, name)) for name in LATER},
        "is_whole": is_whole,
        "enforced": working.enforce_retention_policies,
        "disabled": list(each.msg_list),
        "log": [message for message, *_ in log.messages],
    }


def reading(log: Log) -> dict[str, object]:
    """What Barman makes of barman.conf in the current directory."""
    said: list[tuple[str, list[str]]] = []

    def say(message: str, *arguments: object, **_options: object) -> None:
        said.append((message, [str(argument) for argument in arguments]))

    output.__dict__.update(warning=say, error=say)
    log.messages.clear()
    try:
        loaded = config.Config("barman.conf")
        loaded.load_configuration_files_directory()
        loaded.validate_global_config()
        servers, models = list(loaded.servers()), list(loaded.models())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        return {
            "refused": type(error).__name__,
            "message": str(error),
            "file": os.path.relpath(getattr(error, "source", None) or "."),
            "lines": [line for line, *_ in getattr(error, "errors", ())] or [getattr(error, "lineno", 0)],
            "place": [getattr(error, "section", None), getattr(error, "option", None)],
        }
    keys = [key for key in config.ServerConfig.KEYS if key != "disabled"]
    return {
        "servers": {each.name: {key: encoded(getattr(each, key)) for key in keys} for each in servers},
        "models": {
            each.name: {key: encoded(getattr(each, key)) for key in config.ModelConfig.KEYS}
            for each in models
        },
        "globals": {
            "barman_home": loaded.barman_home,
            "barman_user": loaded.user,
            "barman_lock_directory": loaded.barman_lock_directory,
            "config_changes_queue": loaded.config_changes_queue,
            "lock_directory_cleanup": loaded.lock_directory_cleanup,
            "log_file": loaded.log_file,
            "log_format": loaded.log_format,
            "log_level": loaded.log_level,
        },
        "said": said,
        "at_work": {each.name: at_work(each, log) for each in servers},
    }


def main() -> None:
    """Answers line by line."""
    psycopg2.__dict__["connect"] = no_connection
    log = Log()
    logging.getLogger().addHandler(log)
    for line in sys.stdin:
        directory = Path(line.rstrip("\n"))
        os.chdir(directory)
        print(json.dumps(reading(log)), flush=True)


if __name__ == "__main__":
    main()
