"""Keeps documents on the disk of this machine so that a file is there, whatever happens, before its row is."""

import os
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class StorageAway(Exception):
    """The place where documents are kept does not answer, or has lost one."""


class DurableFiles(FileSystemStorage):
    """Returns from `save` when the disk has the file and its folder; other storages promise that by themselves.

    Nobody but the program's own user reads the files, and none has an address.
    """

    def __init__(self, **options: Any) -> None:
        """Lie below MEDIA_ROOT unless a place is given."""
        super().__init__(
            file_permissions_mode=0o600, directory_permissions_mode=0o700, base_url=None, **options
        )

    def url(self, name: str | None) -> str:
        """Raise ValueError: a document is handed out by the REST door alone."""
        raise ValueError("a document has no URL")

    def _save(self, name: str, content: File[Any] | IO[Any]) -> str:
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]
            path = Path(self.path(saved))
            for each in (path, path.parent, path.parent.parent):
                _sync(each)
        except OSError as error:
            raise StorageAway(type(error).__name__) from error
        return saved

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        try:
            return super()._open(name, mode)  # type: ignore[misc, no-any-return]
        except OSError as error:
            raise StorageAway(type(error).__name__) from error


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
