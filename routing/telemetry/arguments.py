"""What is kept of a call's arguments: a digest, and the arguments only where that is wanted, scrubbed. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from governance.canonical import InvalidDocument, digest
from governance.scrub import HIDDEN, scrubbed

MOST: Final = 8_192
"""Bytes of arguments that are kept; more is only a digest."""
_SECRET_NAME: Final = re.compile(
    r"(?i)(password|passwd|pwd|secret|token|api[_-]?key|authorization|credential|cookie|private[_-]?key)"
)


def digest_of(value: Any) -> str:
    """The RFC 8785 digest of arguments; "" for what has none."""
    try:
        return digest(value)
    except InvalidDocument:
        return ""


def kept(value: Any) -> Any:
    """The arguments without what looks like a secret; None when there is nothing that may be kept."""
    if value is None:
        return None
    found = _scrubbed(value)
    text = json.dumps(found, ensure_ascii=False)
    return None if len(text.encode("utf-8", "replace")) > MOST else found


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrubbed(value, most=2_000)
    if isinstance(value, list):
        return [_scrubbed(one) for one in value]
    if isinstance(value, dict):
        return {
            scrubbed(name, most=200): HIDDEN if _SECRET_NAME.search(name) and item is not None else _scrubbed(item)
            for name, item in value.items()
        }
    return value
