"""The notes of a rule: `(weight safety, source "gov.md 7.3", until "2027-01-01")`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from governance.policy.cursor import Cursor
from governance.policy.precedence import Precedence
from governance.policy.tokens import fail

MAX_TIER: Final = 1000
WEIGHTS: Final = {
    "constitutional_prohibition": Precedence.CONSTITUTIONAL_PROHIBITION,
    "estop": Precedence.ESTOP,
    "safety": Precedence.SAFETY,
    "legal": Precedence.LEGAL,
    "constitution": Precedence.CONSTITUTION,
    "domain": Precedence.DOMAIN,
    "general": Precedence.GENERAL,
}
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)
_WORDS: Final = ("weight", "source", "from", "until", "enacted", "bearer", "authority", "tier")


@dataclass(slots=True)
class Notes:
    """What the notes of one rule state; None where they are silent."""

    weight: int | None = None
    source: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    enacted_at: datetime | None = None
    bearer: str | None = None
    authority: str | None = None
    tier: int | None = None


def moment(text: str) -> datetime | None:
    """The moment an RFC 3339 text names, a date its midnight in UTC; None if it names none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text.upper())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def weight_fault(weight: int) -> str:
    """What is wrong with a weight, or nothing."""
    top = int(Precedence.CONSTITUTIONAL_PROHIBITION)
    return "" if 0 <= weight <= top else f"A weight is a whole number from 0 to {top}."


def interval_fault(start: datetime | None, end: datetime | None) -> str:
    """What is wrong with a time of validity, or nothing."""
    return "The rule ends before it begins; exchange from and until." if start and end and end <= start else ""


def notes_of(parser: Cursor) -> Notes:
    """The notes under the cursor; raises `NotATheory`."""
    notes, seen = Notes(), set[str]()
    opening = parser.take()
    while True:
        kind, word, line, column = parser.take()
        if kind != "name" or word not in _WORDS:
            hint = "arguments stand right after the name, without a space"
            fail(f"{word or 'This'} is no note; write {', '.join(_WORDS)} ({hint}).", line, column)
        if word in seen:
            fail(f"{word} is stated twice; keep one.", line, column)
        seen.add(word)
        _read(parser, word, notes)
        if parser.takes(")"):
            break
        if not parser.takes(","):
            fail("Notes are separated by commas and end with a closing parenthesis.", *parser.peek()[2:])
    if fault := interval_fault(notes.valid_from, notes.valid_until):
        fail(fault, *opening[2:])
    return notes


def _read(parser: Cursor, word: str, notes: Notes) -> None:
    if word == "weight":
        notes.weight = _weight(parser)
    elif word == "tier":
        notes.tier = _whole(parser, f"A tier is a whole number from 0 to {MAX_TIER}.", MAX_TIER)
    elif word in ("from", "until", "enacted"):
        setattr(
            notes, {"from": "valid_from", "until": "valid_until", "enacted": "enacted_at"}[word], _date(parser, word)
        )
    elif word == "bearer" and parser.peek()[0] == "name":
        notes.bearer = parser.take()[1]
    else:
        setattr(notes, word, _text(parser, word))


def _weight(parser: Cursor) -> int:
    kind, text, line, column = parser.peek()
    if kind != "name":
        return _whole(parser, weight_fault(-1), int(Precedence.CONSTITUTIONAL_PROHIBITION))
    if text not in WEIGHTS:
        fail(f"{text} is no class of weight; write a number or one of {', '.join(WEIGHTS)}.", line, column)
    parser.take()
    return int(WEIGHTS[text])


def _whole(parser: Cursor, sentence: str, most: int) -> int:
    kind, _, line, column = parser.peek()
    value = parser.number() if kind == "number" else None
    if not isinstance(value, int) or value > most:
        fail(sentence, line, column)
    return value


def _date(parser: Cursor, word: str) -> datetime:
    kind, text, line, column = parser.peek()
    found = moment(parser.text()) if kind == "string" else None
    if found is None:
        shown = f", not {text}" if text else ""
        fail(
            f'{word} takes a date or a moment with offset in quotes, "2026-12-31" or "2026-12-31T18:00:00Z"{shown}.',
            line,
            column,
        )
    return found


def _text(parser: Cursor, word: str) -> str:
    kind, _, line, column = parser.peek()
    if kind != "string":
        fail(f'{word} takes a text in quotes: {word} "…".', line, column)
    return parser.text()
