"""An answer as a dream keeps and compares it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from governance import canonical
from governance.canonical import JSON
from governance.errors import DomainError

MOST_BYTES: Final = 64 * 1024
MOST_TEXT: Final = 4_000


def bounded(output: JSON) -> tuple[JSON, str]:
    """The answer, or what stands for one that is too large, with the digest of the whole."""
    try:
        data = canonical.canonical_bytes(output)
    except DomainError:
        data = json.dumps(output, default=str, sort_keys=True).encode()
    digest = canonical.digest_bytes(data)
    if len(data) > MOST_BYTES:
        return {"truncated": True, "digest": digest, "bytes": len(data)}, digest
    return output, digest


def text_of(output: JSON) -> str:
    """The words of an answer: a text as it is, of anything else its texts and numbers in their order."""
    return " ".join(_words(output))[:MOST_TEXT]


def _words(value: JSON) -> Iterator[str]:
    if isinstance(value, dict):
        for name in sorted(value):
            yield name
            yield from _words(value[name])
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
    elif value is not None:
        yield str(value)
