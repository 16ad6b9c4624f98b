"""What a person types as the value of a fact, and how a form shows a value. Pure.

A type is guessed and shown, never asked for: yes/no, a number, a list in brackets, else a text; quotes make any of them a text.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from governance.canonical import MAX_INTEGER

_INTEGER: Final = re.compile(r"-?(0|[1-9]\d{0,15})")
_DECIMAL: Final = re.compile(r"-?(0|[1-9]\d{0,15})\.\d{1,15}")
_WORDS: Final = {"true": True, "yes": True, "false": False, "no": False}
_KINDS: Final = ((bool, "yes/no"), (int, "number"), (float, "number"), (str, "text"), (list, "list"), (dict, "object"))


def value_of(text: str) -> Any:
    """`yes` → True, `500` → 500, `[a, b]` → ["a", "b"], `"500"` → "500", anything else as it stands."""
    said = text.strip()
    if said.lower() in _WORDS:
        return _WORDS[said.lower()]
    if _INTEGER.fullmatch(said) and abs(int(said)) <= MAX_INTEGER:
        return int(said)
    if _DECIMAL.fullmatch(said):
        return float(said)
    if len(said) > 1 and said[0] + said[-1] == '""':
        return said[1:-1]
    if said[:1] + said[-1:] in ("[]", "{}"):
        return _composed(said)
    return said


def text_of(value: Any) -> str:
    """What one types to get this value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value_of(value) == value else f'"{value}"'
    if isinstance(value, list):
        plain = f"[{', '.join(text_of(item) for item in value)}]"
        return plain if value_of(plain) == value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def kind_of(value: Any) -> str:
    """The type in a word, as the form shows it."""
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "missing")


def _composed(said: str) -> Any:
    """JSON, or a list of bare words."""
    try:
        return json.loads(said)
    except ValueError:
        return [value_of(item) for item in said[1:-1].split(",")] if said[0] == "[" else said
