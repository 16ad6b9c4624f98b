"""Pinned files, and the weights' file read in place: eight bytes with the length of a JSON header, the header, the raw numbers.

INVARIANTS: a file whose SHA-256 is not the pinned one is never used. The weights are hashed once per process, through the open
file that is then mapped, so a file put in its place afterwards changes nothing. The map is read-only and its pages are the page
cache's: processes share them, and what no sentence touches is never loaded.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.embeddings.errors import ModelMissing

Seen = tuple[str, int, int, int, int]
_sound: set[Seen] = set()


def tensors(path: Path, *, sha256: str) -> dict[str, NDArray[np.float32]]:
    """The file's float32 tensors by name, as read-only views of one map. Raises `ModelMissing`."""
    with _opened(path) as file:
        seen = _seen(file, sha256)
        if seen not in _sound:
            _demand(path, found=hashlib.file_digest(file, "sha256").hexdigest(), sha256=sha256)
            _sound.add(seen)
        raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    return {name: _view(raw, start, about) for name, about in header.items() if about.get("dtype") == "F32"}


def pinned_bytes(path: Path, *, sha256: str) -> bytes:
    """A small file's bytes. Raises `ModelMissing`."""
    with _opened(path) as file:
        content = file.read()
    _demand(path, found=hashlib.sha256(content).hexdigest(), sha256=sha256)
    return content


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise ModelMissing(
            f"The sentence model's file {path.name} cannot be read ({error.strerror}). Install TARS again from its lock file, or "
            "set TARS_EMBEDDER to lexical or openai."
        ) from error


def _seen(file: BufferedReader, sha256: str) -> Seen:
    about = os.fstat(file.fileno())
    return (sha256, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)


def _demand(path: Path, *, found: str, sha256: str) -> None:
    if found != sha256:
        raise ModelMissing(
            f"The sentence model's file {path.name} is not the one that TARS knows (SHA-256 {found[:12]}… instead of "
            f"{sha256[:12]}…), so it is not used. Install TARS again from its lock file."
        )


def _view(raw: mmap.mmap, start: int, about: dict[str, list[int]]) -> NDArray[np.float32]:
    begins, ends = about["data_offsets"]
    numbers = np.frombuffer(raw, "<f4", count=(ends - begins) // 4, offset=start + begins)
    return numbers.reshape(about["shape"])
