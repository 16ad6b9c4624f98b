"""Where archive files are kept: a folder, or a bucket where the settings name one (`places`, `buckets`). A store takes bytes
under a name, and says it has them only when they would survive a power cut."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings

from routing.lifecycle.buckets import Bucket
from routing.lifecycle.errors import StoreFailed

log = logging.getLogger(__name__)


class Store(Protocol):
    """A name is written once, and whole. `get` gives None for what is not there; `drop` of it does nothing. Each raises
    `StoreFailed` where the store does not do it; `look` does nothing else."""

    def put(self, name: str, data: bytes) -> None: ...
    def get(self, name: str) -> bytes | None: ...
    def has(self, name: str) -> bool: ...
    def drop(self, name: str) -> None: ...
    def names(self, prefix: str) -> Iterator[str]: ...
    def look(self) -> None: ...


class Folder:
    """Files in a folder, readable by who runs TARS and nobody else."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, data: bytes) -> None:
        """Written beside its name, synced, renamed, and the folder synced: half a file never stands under its name."""
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f".{path.name}.part")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            _sync(path.parent)
        except OSError as error:
            raise StoreFailed(
                f"The archive folder {self.root} cannot be written ({error.strerror}). Nothing was moved."
            ) from error

    def get(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreFailed(f"The archive folder {self.root} cannot be read ({error.strerror}).") from error

    def has(self, name: str) -> bool:
        return (self.root / name).exists()

    def drop(self, name: str) -> None:
        try:
            (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(f"The archive file {name} cannot be deleted ({error.strerror}).") from error

    def names(self, prefix: str) -> Iterator[str]:
        folder = self.root / prefix
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            yield f"{prefix}{path.name}"

    def look(self) -> None:
        try:
            next(self.root.iterdir(), None)
        except FileNotFoundError:
            return  # the first file makes it
        except OSError as error:
            raise StoreFailed(f"The archive folder {self.root} cannot be read ({error.strerror}).") from error


def current() -> Store:
    """The installation's store."""
    return Bucket(settings.ARCHIVE_BUCKET) if settings.ARCHIVE_BUCKET else Folder(Path(settings.ARCHIVES))


def warn_of_archives() -> None:
    """For the start of what archives by the clock: say what is wrong with the store. It may be up again before it is asked."""
    try:
        current().look()
    except StoreFailed as error:
        log.error("%s Nothing is archived, restored or destroyed until it answers.", error.sentence)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
