"""What a check says: a word, a sentence, what to do, and the numbers behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Tone(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


WORDS = {Tone.GOOD: "Works", Tone.WARN: "Look at it", Tone.BAD: "Broken"}
MARKS = {Tone.GOOD: "✓", Tone.WARN: "!", Tone.BAD: "✕"}
CHIPS = {Tone.GOOD: "tighten", Tone.WARN: "expand", Tone.BAD: "bad"}
_ORDER = (Tone.BAD, Tone.WARN, Tone.GOOD)


@dataclass(frozen=True, slots=True)
class Check:
    """One part of TARS. `advice` is empty when there is nothing to do; `facts` are pairs of label and value."""

    key: str
    name: str
    tone: Tone
    sentence: str
    advice: str = ""
    facts: tuple[tuple[str, Any], ...] = ()
    url: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.tone]

    @property
    def mark(self) -> str:
        return MARKS[self.tone]

    @property
    def chip(self) -> str:
        return CHIPS[self.tone]


def worst(checks: Iterable[Check]) -> Tone:
    """The tone of the whole; good when there is nothing."""
    tones = {check.tone for check in checks}
    return next((tone for tone in _ORDER if tone in tones), Tone.GOOD)


def size(number: float) -> str:
    """Bytes as people read them: 3.2 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
