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
from typing import Any, BinaryIO, Final

FILE: Final = "uploads.jsonl"


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

    def add(self, *, key: str, entries: Sequence[Mapping[str, Any]]) -> int:
        """Keep the entries under the key; returns the bytes written, 0 when they are kept already. Raises `KeyTaken`."""
        line = {"key": key, "digest": _digest(entries), "entries": list(entries)}
        with self._alone() as file:
            data = file.read()
            for kept in _lines(data):
                if kept["key"] == key:
                    if kept["digest"] != line["digest"]:
                        raise KeyTaken
                    return 0
            written = json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n"
            file.truncate(data.rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
            return len(written)

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


def _digest(entries: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(list(entries), sort_keys=True).encode()).hexdigest()
