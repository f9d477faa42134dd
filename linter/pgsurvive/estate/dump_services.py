"""The services of a Compose file that back up another one: which major their programs are of, and which host they ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.conninfo import target_of
from pgsurvive.estate.dumps import DUMPERS
from pgsurvive.estate.services import Service, major_of_image
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.platform import PlatformFile
    from pgsurvive.estate.script import ShellScript

_READY_MADE = re.compile(
    r"(?:docker\.io/)?(?:prodrigestivill/postgres-backup-local|eeshugerman/postgres-backup-s3):(?P<major>\d+)(?![\d])[\w.-]*"
)
"""Images whose tag is the major of the pg_dump in them, and which take the host from POSTGRES_HOST."""

_NEED_THE_SERVERS_MAJOR = DUMPERS | {"pg_basebackup", "pg_receivewal"}


@dataclass(frozen=True, slots=True)
class DumpService:
    """A service that dumps or copies the server of another service."""

    service: Service
    program: str
    host: str
    """The name that it connects to, in lower case, as names of hosts are compared."""


def dump_services(file: PlatformFile) -> Iterator[DumpService]:
    """Each program of a major that is known and a host that is known, of a Compose file."""
    if file.kind is not Kind.COMPOSE:
        return
    for document in file.documents:
        services = document.get("services")
        for name, node in services.items() if services else ():
            image = node.get("image")
            scalar = image.scalar if image else None
            if scalar is None or node.get("build") is not None:
                continue
            if (ready := _READY_MADE.fullmatch(scalar.value)) is not None:
                service = Service(name, node, scalar, int(ready["major"]))
                yield from _asking("pg_dump", service.variable("POSTGRES_HOST"), service)
            elif (major := major_of_image(scalar.value)) is not None:
                service = Service(name, node, scalar, major)
                for script in file.scripts_in(node):
                    yield from _calls(script, service)


def _calls(script: ShellScript, service: Service) -> Iterator[DumpService]:
    for step, call in script.invocations:
        # Behind docker exec or ssh the program is another one.
        if (
            call.program.name in _NEED_THE_SERVERS_MAJOR
            and not step.is_elsewhere
            and call.named_major is None
        ):
            yield from _asking(call.program.name, _host(call, service), service)


def _asking(program: str, host: str | None, service: Service) -> Iterator[DumpService]:
    if host:
        yield DumpService(service, program, host.lower())


def _host(call: Invocation, service: Service) -> str | None:
    """The host of a call, as far as the file says it."""
    if call.has("--host"):
        return call.value("--host")
    for text in (call.value("--dbname"), *(word.text for word in call.operands)):
        target = target_of(text) if text else None
        if target is not None and target.host:
            return target.host
    return service.variable("PGHOST") if call.complete else None
