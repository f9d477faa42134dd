"""PGS416 off-site-unencrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import is_public, is_whole, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest_repository import Repository
    from pgsurvive.findings import Draft

_ENCRYPTED_BY_STORE = ("s3-kms-key-id", "s3-sse-customer-key")


@rule(
    code="PGS416",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.SECRECY,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-cipher-type",
)
def off_site_unencrypted(config: PgbackrestConfig) -> Iterator[Draft]:
    """Whoever can read the storage can read every row of the database."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        cipher = repository.option("cipher-type")
        if cipher.entry is None and not is_whole(config):
            continue
        if cipher.value != "none" or not _is_in_others_hands(repository):
            continue
        # A passphrase without a cipher is another rule's finding.
        if any(repository.option(name).entry for name in ("cipher-pass", *_ENCRYPTED_BY_STORE)):
            continue
        yield (cipher if cipher.entry else repository.option("type")).finding(
            f"{repository.name} is stored unencrypted with someone else: a leaked key or a wrong permission gives away "
            "every row",
            help=f"set {repository.name}-cipher-type=aes-256-cbc, and keep the passphrase in a second place too; an "
            "existing repository can't be changed: begin a new one beside it",
        )


def _is_in_others_hands(repository: Repository) -> bool:
    """Whether the storage is certainly outside one's own network."""
    if repository.is_behind_host:
        return False
    return repository.type in ("s3", "azure", "gcs", "sftp") and is_public(repository.endpoint or "")
