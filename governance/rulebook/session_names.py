"""What a session may be called. Pure."""

from __future__ import annotations

import re

from governance.errors import Invalid

LONGEST = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def checked(name: str) -> str:
    """The name, if a session can have it: ASCII letters, digits, `_`, `.`, `-`; no two look alike. Raises `Invalid`."""
    if len(name) > LONGEST:
        raise Invalid(f"A session’s name has at most {LONGEST} characters.", problems=(("/session", "is too long"),))
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A session’s name is made of letters, digits, _ . and -, and begins with a letter or a digit: workflow-session-1.",
            problems=(("/session", "is no session’s name"),),
        )
    return name


def is_name(text: str) -> bool:
    """Whether a session can be called so."""
    return len(text) <= LONGEST and _NAME.fullmatch(text) is not None
