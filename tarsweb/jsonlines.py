"""A JSON value as printed lines that know their place: each carries the JSON pointer (RFC 6901) it shows. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Token = tuple[str, str]
"""(class, text): k key, s string, n number or literal, p punctuation."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `opens` is false on a closing bracket, so that a pointer names one line only."""

    pointer: str
    depth: int
    tokens: tuple[Token, ...]
    opens: bool = True


def lines_of(value: Any) -> Iterator[Line]:
    """The lines of `value` in its own order, indented by `depth`; nothing is escaped for HTML here."""
    yield from _lines(value, "", 0, (), "")


def _lines(value: Any, pointer: str, depth: int, lead: tuple[Token, ...], comma: str) -> Iterator[Line]:
    if not isinstance(value, dict | list) or not value:
        yield Line(pointer, depth, (*lead, _scalar(value), *_punctuation(comma)))
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield Line(pointer, depth, (*lead, ("p", opening)))
    members = _members(value)
    for index, (key, item, item_lead) in enumerate(members):
        rest = "," if index < len(members) - 1 else ""
        yield from _lines(item, f"{pointer}/{key}", depth + 1, item_lead, rest)
    yield Line(pointer, depth, (("p", closing + comma),), opens=False)


def _members(
    value: dict[str, Any] | list[Any],
) -> list[tuple[str, Any, tuple[Token, ...]]]:
    if isinstance(value, list):
        return [(str(index), item, ()) for index, item in enumerate(value)]
    return [(_escaped(key), item, (("k", _text(key)), ("p", ": "))) for key, item in value.items()]


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _scalar(value: Any) -> Token:
    return ("s" if isinstance(value, str) else "n", _text(value))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _punctuation(comma: str) -> tuple[Token, ...]:
    return (("p", comma),) if comma else ()
