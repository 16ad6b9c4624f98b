"""What may be kept: types by name and by content, sizes, and the names themselves. Pure."""

from __future__ import annotations

import json
import unicodedata
from enum import StrEnum
from pathlib import PurePosixPath

MEBI = 1024 * 1024
EVIDENCE_BYTES = 5 * MEBI
EVIDENCE_FILES = 10
EVIDENCE_TOTAL = 20 * MEBI
EXPORT_BYTES = 64 * MEBI
NAME_LENGTH = 120

TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "md": "text/markdown",
}
EXPORT_TYPES = {**TYPES, "jsonl": "application/x-ndjson", "zip": "application/zip"}
_MAGIC = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "zip": b"PK"}
_SPACE = frozenset("\t\n\r\f")


class Fault(StrEnum):
    """Why a file cannot be kept, as the end of a sentence about it."""

    TYPE = "is of a type that is not kept; attach a PDF, PNG, JPEG, TXT, CSV, JSON or MD file"
    CONTENT = "does not hold what its name says"
    EMPTY = "is empty"


def clean_name(name: str) -> str:
    """A name without folders, control and direction characters, at most `NAME_LENGTH` long; "file" if nothing is left."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(" " if char.isspace() else char for char in last if char.isspace() or _is_plain(char))
    words = " ".join(kept.split()).lstrip(". ")
    stem, dot, ending = words.rpartition(".")
    if not dot:
        return words[:NAME_LENGTH] or "file"
    return f"{stem[: NAME_LENGTH - len(ending[:16]) - 1]}.{ending[:16]}" if stem else "file." + ending[:16]


def ending_of(name: str) -> str:
    """The lower-case ending of a name, "" if it has none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def fault_of(*, name: str, content: bytes, types: dict[str, str]) -> Fault | None:
    """What is wrong with a file of this (clean) name, or None. The content must be what the ending says."""
    ending = ending_of(name)
    if ending not in types:
        return Fault.TYPE
    if not content:
        return Fault.EMPTY
    if magic := _MAGIC.get(ending):
        return None if content.startswith(magic) else Fault.CONTENT
    return None if _is_text(content, is_json=ending == "json") else Fault.CONTENT


def human_size(size: int) -> str:
    """A size as people say it: 812 bytes, 14 KB, 3.2 MB."""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.0f} KB" if size < MEBI else f"{size / MEBI:.1f} MB"


def _is_plain(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and char not in '/:*?"<>|'


def _is_text(content: bytes, *, is_json: bool) -> bool:
    try:
        text = content.decode("utf-8-sig")
        if is_json:
            json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return False
    return all(char in _SPACE or char >= " " for char in text) and not any(
        content.startswith(magic) for magic in _MAGIC.values() if magic != b"PK"
    )
