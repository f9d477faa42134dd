"""PGS417 tls-verification-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import OBJECT_STORES, is_loopback, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest_repository import Repository
    from pgsurvive.findings import Draft


@rule(
    code="PGS417",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-storage-verify-tls",
)
def tls_verification_off(config: PgbackrestConfig) -> Iterator[Draft]:
    """Whoever stands between server and storage gets the backups, and may answer that they are stored."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        verify = repository.option("storage-verify-tls")
        if verify.value is not False or repository.type not in OBJECT_STORES or _may_be_near(repository):
            continue
        yield verify.finding(
            f"{repository.name} sends backups to whoever answers: an impostor on the way reads them, keeps what should be "
            "stored, and gives a restore what it likes",
            help=f"remove the line; a certificate of your own is verified with {repository.name}-storage-ca-file",
        )


def _may_be_near(repository: Repository) -> bool:
    """Whether nobody can stand in between: the same machine, or a service of the same container network."""
    host = repository.endpoint
    return host is None or is_loopback(host) or "." not in host.rstrip(".")
