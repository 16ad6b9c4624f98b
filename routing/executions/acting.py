"""What a request asks a system to do, and the facts its rules are asked with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from governance.canonical import JSON

HANDLE: Final = "handle_request"
"""The action of a request whose words name none of the system's own."""
_TEXT: Final = 2000
_WORDS: Final = re.compile(r"[^\W_]+")
_ENDINGS: Final = frozenset(
    ("s", "es", "d", "ed", "ing", "e", "er", "ers", "or", "ors", "ion", "ions", "ment", "ments", "al", "als")
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")


def action_of(*, text: str, stated: str = "", by_rule: str = "", constitution: JSON = None) -> str:
    """The caller's action; else the routing rule's; else the system's own action that the request's words name; else `HANDLE`.

    The system's own actions are those of `requires_approval` and `capabilities` without a glob. All words of the action must
    stand in the request, in any order and with an ending of their own ("audited" names "audit"); of several the one with the most
    words counts, an action that needs approval before one that does not, then the first by name.
    """
    if stated or by_rule:
        return stated or by_rule
    said = [word.casefold() for word in _WORDS.findall(text)]
    named = [
        (-len(words), rank, action)
        for rank, action in _own(constitution)
        if (words := [word.casefold() for word in _WORDS.findall(action)])
        and all(_is_said(word, said) for word in words)
    ]
    return min(named)[2] if named else HANDLE


def facts_of(
    *, text: str, input: JSON, channel: str, depth: int, handed_on_by: str, cost_usd: Decimal | None
) -> dict[str, Any]:
    """What the rules may ask about a request: `request.*`, `hop.*`, `cost_usd` when it is known, and the plain values of an
    input object as `input.NAME`."""
    facts: dict[str, Any] = {
        "request": {"text": text[:_TEXT], "channel": channel},
        "hop": {"depth": depth, "from": handed_on_by},
    }
    if cost_usd is not None:
        facts["cost_usd"] = float(cost_usd)
    if isinstance(input, dict) and (plain := dict(_plain(input))):
        facts["input"] = plain
    return facts


def _own(constitution: JSON) -> Iterator[tuple[int, str]]:
    if not isinstance(constitution, Mapping):
        return
    for rank, field in enumerate(("requires_approval", "capabilities")):
        for action in constitution.get(field) or ():
            if isinstance(action, str) and "*" not in action:
                yield rank, action


def _is_said(word: str, said: list[str]) -> bool:
    """Whether the word stands there, as it is or with an English ending ("deleting", "audits", "deletion")."""
    stem = word.removesuffix("e")
    return any(
        one == word or (len(stem) > 2 and one.startswith(stem) and one.removeprefix(stem) in _ENDINGS) for one in said
    )


def _plain(input: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in input.items():
        if _NAME.fullmatch(name) and isinstance(value, str | int | float | bool):
            yield name, value[:_TEXT] if isinstance(value, str) else value
