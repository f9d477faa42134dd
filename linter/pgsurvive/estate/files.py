"""How the model reaches other files of the checked tree without knowing about disks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pgsurvive.text import Source


class Files(Protocol):
    """The files that may be read. Whatever lies outside is reported as absent."""

    def read(self, path: str) -> Source | None:
        """The file under this name, or None if it isn't there or may not be read."""
        ...

    def covers(self, path: str) -> bool:
        """Whether this name lies in the checked tree, so that what isn't there doesn't exist."""
        ...

    def names_in(self, directory: str) -> list[str] | None:
        """The names of the files in a directory, unsorted, or None if it isn't there or may not be read."""
        ...

    def find(self, name: str, near: str) -> Source | None:
        """The file called `name` nearest to the file `near`; None if there is none, or if several could be meant."""
        ...


class NoFiles:
    """For a text that stands alone."""

    def read(self, path: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        """Nothing can be read."""
        return None

    def covers(self, path: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nothing is in the tree."""
        return False

    def names_in(self, directory: str) -> list[str] | None:  # noqa: ARG002 - the protocol's signature
        """No directory can be listed."""
        return None

    def find(self, name: str, near: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        """Nothing can be found."""
        return None
