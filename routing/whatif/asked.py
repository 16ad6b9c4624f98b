"""What is changed in thought: days, threshold, rules, one constitution. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LONGEST_DAYS: Final = 90
USUAL_DAYS: Final = 30
MOST_OFF: Final = 50
MOST_ADDED: Final = 20
LONGEST: Final = 1_000
_RULES: Final = ("confidence_threshold", "fallback_enabled", "fallback_system")
"""What of `routing_rules` decides who gets a request; how often and when the same is tried again does not."""
_ARROWS: Final = ("->", "→")
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Added:
    """A rule that is not written yet: requests like `text` go to `system`."""

    text: str
    system: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The question. `off` are ids of rules; `amendment` is the number of a proposal, `constitution` the router's as it might be.

    `threshold` stands above what either constitution says.
    """

    days: int = USUAL_DAYS
    threshold: float | None = None
    off: tuple[str, ...] = ()
    added: tuple[Added, ...] = ()
    amendment: int | None = None
    constitution: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def is_empty(self) -> bool:
        return self.threshold is None and not (self.off or self.added or self.amendment or self.constitution)

    def as_json(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "threshold": self.threshold,
            "off": sorted(self.off),
            "added": [{"text": one.text, "system": one.system} for one in self.added],
            "amendment": self.amendment,
            "constitution": dict(self.constitution) if self.constitution is not None else None,
        }


def asked_of(data: Mapping[str, Any]) -> Asked:
    """Read back what `as_json` wrote."""
    return Asked(
        days=data["days"],
        threshold=data["threshold"],
        off=tuple(data["off"]),
        added=tuple(Added(one["text"], one["system"]) for one in data["added"]),
        amendment=data["amendment"],
        constitution=data["constitution"],
    )


def problems_of(asked: Asked) -> Iterator[tuple[str, str]]:
    """What is wrong with a question by itself, as pairs of pointer and words."""
    if not 1 <= asked.days <= LONGEST_DAYS:
        yield "/days", f"is from 1 to {LONGEST_DAYS}"
    if asked.threshold is not None and not 0 <= asked.threshold <= 1:
        yield "/threshold", "is from 0 to 1"
    if len(set(asked.off)) > MOST_OFF:
        yield "/off", f"are more than {MOST_OFF} rules"
    for number, id in enumerate(asked.off):
        if not _ID.fullmatch(id):
            yield f"/off/{number}", "is no id of a rule"
    if len(asked.added) > MOST_ADDED:
        yield "/added", f"are more than {MOST_ADDED} rules"
    for number, one in enumerate(asked.added):
        if not one.text.strip() or len(one.text) > LONGEST or "\x00" in one.text:
            yield f"/added/{number}/text", f"is empty or longer than {LONGEST:,} characters"
    if asked.amendment and asked.constitution is not None:
        yield "/constitution", "and an amendment are two constitutions: leave one"
    if asked.is_empty:
        yield "", "changes nothing: say a threshold, rules, an amendment or a constitution"


def added_of(text: str) -> tuple[tuple[Added, ...], tuple[str, ...]]:
    """Rules from lines `text -> system`, and a sentence for each line that is none. Empty lines are passed over."""
    found, faults = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        for arrow in _ARROWS:
            said, _, system = line.rpartition(arrow)
            if said.strip() and system.strip():
                found.append(Added(said.strip(), system.strip()))
                break
        else:
            faults.append(f"Line {number} is not of the form: text -> system.")
    return tuple(found), tuple(faults)


def concerns(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change of a constitution may move a request: what the router obeys, or what the system can do."""
    before, after = (_routing(one) for one in (old, new))
    return before != after or any(
        old.get(key) != new.get(key) for key in ("routing_confidence_threshold", "capabilities")
    )


def _routing(constitution: Mapping[str, Any]) -> list[Any]:
    rules = constitution.get("routing_rules")
    return [rules.get(key) for key in _RULES] if isinstance(rules, Mapping) else [None] * len(_RULES)


def words_of(
    asked: Asked, *, label: str, system: str, thresholds: tuple[float, float], patterns: Mapping[str, str] | None
) -> str:
    """The change as sentences. `label` and `system` are of the amendment or the constitution; `patterns` of rules by id, without
    which no rule's words are repeated."""
    said = []
    if label:
        said.append(f"The constitution of {system} is as {label} asks.")
    elif asked.constitution is not None:
        said.append(f"The constitution of {system} is another.")
    before, after = thresholds
    if before != after:
        said.append(f"The threshold is {after:.2f} instead of {before:.2f}.")
    elif asked.threshold is not None:
        said.append(f"The threshold is {after:.2f}, as today.")
    off = [id if patterns is None else quoted(patterns.get(id, "")) for id in asked.off]
    if off:
        names = ", ".join(off[:3])
        said.append(f"{_count(len(off), 'rule is', 'rules are')} off: {names}{' and more' if len(off) > 3 else ''}.")
    if asked.added:
        named = [f"{quoted(one.text)} to {one.system}" for one in asked.added[:3]]
        names = ", ".join(named if patterns is not None else [f"to {one.system}" for one in asked.added[:3]])
        more = " and more" if len(asked.added) > 3 else ""
        said.append(f"{_count(len(asked.added), 'rule is', 'rules are')} new: {names}{more}.")
    return " ".join(said)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def quoted(text: str) -> str:
    """How `words_of` repeats a rule's pattern."""
    return f"“{_short(text)}”"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
