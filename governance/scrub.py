"""Takes secrets out of a line of text before it is kept or shown. Pure: the known secrets are arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
MOST = 500
_PATTERNS = (
    # user:password@ in an address
    (re.compile(r"(?<=://)[^/\s@]+(?=@)"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(r"(?i)\b(password|passwd|pwd|secret|token|api[_-]?key)(['\"]?\s*[=:]\s*)['\"]?[^\s'\",;&]+"),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\b(?:whsec|tars)_[A-Za-z0-9_+/=-]{8,}"), HIDDEN),
)


def scrubbed(text: str, *, secrets: Iterable[str] = (), most: int = MOST) -> str:
    """`text` on one line, without the given secrets and without what looks like one, cut to `most` characters."""
    line = " ".join(text.replace("\x00", "").split())
    for secret in secrets:
        if secret:
            line = line.replace(secret, HIDDEN)
    for pattern, instead in _PATTERNS:
        line = pattern.sub(instead, line)
    return line if len(line) <= most else line[: most - 1] + "…"
