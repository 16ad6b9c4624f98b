"""What a request asks a system to do, by its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

HANDLE: Final = "handle_request"
"""The action of a request whose words name none of the system's own."""
_WORDS: Final = re.compile(r"[^\W_]+")
_ENDINGS: Final = frozenset(
    ("s", "es", "d", "ed", "ing", "e", "er", "ers", "or", "ors", "ion", "ions", "ment", "ments", "al", "als")
)


def action_of(
    *,
    text: str,
    stated: str = "",
    by_rule: str = "",
    requires_approval: Sequence[str] = (),
    capabilities: Sequence[str] = (),
) -> str:
    """The caller's action; else the routing rule's; else the system's own action that the request's words name; else `HANDLE`.

    All words of the action must stand in the request, in any order and with an ending of their own ("audited" names "audit"); of
    several the one with the most words counts, one that needs approval before one that does not, then the first by name.
    """
    if stated or by_rule:
        return stated or by_rule
    said = [word.casefold() for word in _WORDS.findall(text)]
    named = [
        (-len(words), rank, action)
        for rank, action in _own(requires_approval, capabilities)
        if (words := [word.casefold() for word in _WORDS.findall(action)])
        and all(_is_said(word, said) for word in words)
    ]
    return min(named)[2] if named else HANDLE


def _own(*lists: Sequence[str]) -> Iterator[tuple[int, str]]:
    for rank, actions in enumerate(lists):
        for action in actions:
            if "*" not in action:
                yield rank, action


def _is_said(word: str, said: list[str]) -> bool:
    """Whether the word stands there, as it is or with an English ending ("deleting", "audits", "deletion")."""
    stem = word.removesuffix("e")
    return any(
        one == word or (len(stem) > 2 and one.startswith(stem) and one.removeprefix(stem) in _ENDINGS) for one in said
    )
