"""The archive file: JSON Lines, compressed; what is in it is named by digests. Pure.

The first line says whose it is and how many lines follow; each further line is one execution with all that goes with it,
exactly as Postgres wrote it. A file is judged by its own digest, a line by its own.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from governance.errors import DomainError

VERSION: Final = "tars-archive-1"
LARGEST: Final = 1_000_000_000
"""Bytes that a file may come to when it is unpacked."""


class Damaged(DomainError):
    """The file is not what was written."""

    code = "archive_damaged"
    status = 500


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds. `lines` by their digests."""

    header: dict[str, Any]
    lines: dict[str, str]


def digest_of(data: bytes | str) -> str:
    return f"sha256:{sha256(data.encode() if isinstance(data, str) else data).hexdigest()}"


def packed(*, tenant_id: str, archive_id: str, at: str, lines: Sequence[str]) -> bytes:
    """The bytes of a file; the same lines give the same bytes."""
    header = {
        "archive": VERSION,
        "tenant_id": tenant_id,
        "archive_id": archive_id,
        "archived_at": at,
        "rows": len(lines),
    }
    text = "\n".join([json.dumps(header, sort_keys=True), *lines]) + "\n"
    return gzip.compress(text.encode(), mtime=0)


def opened(data: bytes, *, digest: str = "") -> Content:
    """What is in a file. Raises `Damaged` unless its bytes have the digest (where one is given) and it is whole."""
    if digest and digest_of(data) != digest:
        raise Damaged(
            "The archive file is not the one that was written: its digest is another. Bring it back from a backup."
        )
    try:
        unpacker = zlib.decompressobj(wbits=31)
        text = unpacker.decompress(data, LARGEST).decode()
        first, *lines = text.removesuffix("\n").split("\n")
        header = json.loads(first)
        if not unpacker.eof or header["archive"] != VERSION or header["rows"] != len(lines):
            raise ValueError("not whole")
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise Damaged("This is no archive file, or a part of it is missing.") from error
    return Content(header, {digest_of(line): line for line in lines})
