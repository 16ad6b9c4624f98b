"""Uploaded payroll entries: JSON Lines, one upload a line, each key once.

INVARIANTS: a line is written whole and synced before the upload is called done; what a crash left behind half written is no line
and is cut off by the next upload. Uploads are one at a time, across processes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

FILE: Final = "uploads.jsonl"
Entries: TypeAlias = Sequence[Mapping[str, Any]]


class KeyTaken(Exception):
    """The key was used for other entries."""


class Uploads:
    """The uploads in one folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, in the order of upload."""
        if not self.path.exists():
            return []
        return [entry for line in _lines(self.path.read_bytes()) for entry in line["entries"]]

    def add(self, *, key: str, entries: Entries, given: Entries | None = None) -> int:
        """Keep the entries under the key; returns the bytes written, 0 when they are kept already. `given`: as they came, by
        which a repeated upload is known, where something was filled in. Raises `KeyTaken`."""
        digest = _digest(entries if given is None else given)
        with self._alone() as file:
            data = file.read()
            if _is_kept(data, key, digest):
                return 0
            written = _written(key, entries, digest)
            file.truncate(data.rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
            return len(written)

    def would_add(self, *, key: str, entries: Entries, given: Entries | None = None) -> int:
        """What `add` would write, 0 when they are kept already; keeps nothing. Raises `KeyTaken`."""
        kept, digest = (
            self.path.read_bytes() if self.path.exists() else b"",
            _digest(entries if given is None else given),
        )
        return 0 if _is_kept(kept, key, digest) else len(_written(key, entries, digest))

    @contextmanager
    def _alone(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    """Only what ends with a newline was ever called done."""
    whole = data[: data.rfind(b"\n") + 1]
    for line in whole.splitlines():
        yield json.loads(line)


def _is_kept(data: bytes, key: str, digest: str) -> bool:
    """Whether the upload is there already. Raises `KeyTaken`."""
    kept = next((line for line in _lines(data) if line["key"] == key), None)
    if kept is not None and kept["digest"] != digest:
        raise KeyTaken
    return kept is not None


def _written(key: str, entries: Entries, digest: str) -> bytes:
    line = {"key": key, "digest": digest, "entries": list(entries)}
    return json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _digest(entries: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(list(entries), sort_keys=True).encode()).hexdigest()
