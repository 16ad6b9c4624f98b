"""What a shape cannot say about a constitution: bounds in order, no contradiction, and what it states. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from governance.canonical import JSON
from governance.constitution import fields
from governance.constitution.effects import is_number
from governance.constitution.values import MISSING, escape, pointer_of, same, tokens_of
from governance.constitution.wording import number, quoted, visible

Problem = tuple[str, str]
LONGEST: Final = 1_000
"""Characters of a text that a model writes, where `longest` is not stated."""


def problems(document: dict[str, JSON]) -> tuple[Problem, ...]:
    """Everything senseless in a document that already has the shape of a constitution."""
    return (
        *_contradictions(document),
        *_names(document),
        *_bounds(document),
        *_overlaps(document),
    )


def tunable(document: JSON) -> dict[str, dict[str, JSON]]:
    """Pointers that a dream may move, each with its bounds: `min`, `max`, `step`, `values`, or what a model may write there."""
    return dict(document.get("tunable") or {})


def written_most(bounds: dict[str, JSON]) -> int:
    """How many texts a model may write for a tunable place each night; 0: none."""
    found = bounds.get("written_by_model", 0)
    return int(found) if is_number(found) else 0


def longest(bounds: dict[str, JSON]) -> int:
    """Characters that a text may have which a model writes there."""
    found = bounds.get("longest", LONGEST)
    return int(found) if is_number(found) else LONGEST


def protected(document: JSON) -> frozenset[str]:
    """Pointers that a dream may never move, nor anything below them."""
    return frozenset(document.get("protected") or ())


def version_of(document: JSON) -> str | None:
    """The version that the constitution itself states."""
    version = document.get("version")
    return version if isinstance(version, str) else None


def capabilities_of(document: JSON) -> list[str]:
    """What the system may do, in the order stated."""
    return list(document.get("capabilities") or ())


def covers(outer: str, inner: str) -> bool:
    """Whether a pointer is another one or leads to a place above it."""
    return inner == outer or inner.startswith(f"{outer}/")


def value_at(document: JSON, pointer: str) -> JSON:
    """The value at a pointer, or MISSING."""
    for token in tokens_of(pointer):
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and token.isascii() and token.isdigit() and int(token) < len(document):
            document = document[int(token)]
        else:
            return MISSING
    return document


def _contradictions(document: dict[str, JSON]) -> Iterator[Problem]:
    for preferred, alias in fields.aliases():
        one, other = (
            value_at(document, pointer_of(preferred)),
            value_at(document, pointer_of(alias)),
        )
        if one is not MISSING and other is not MISSING and not same(one, other):
            sentence = f"{number(other)} contradicts {pointer_of(preferred)}, which says {number(one)}; keep one."
            yield pointer_of(alias), sentence


def _names(document: dict[str, JSON]) -> Iterator[Problem]:
    """Two names that look alike must not be two rights: nothing invisible in them."""
    for key in ("capabilities", "requires_approval"):
        for index, name in enumerate(document.get(key, ())):
            if not name.isprintable() or name != name.strip():
                yield (
                    f"/{key}/{index}",
                    f"{quoted(name)} has invisible characters or spaces around it; write it plainly.",
                )


def _bounds(document: dict[str, JSON]) -> Iterator[Problem]:
    for pointer, bounds in document.get("tunable", {}).items():
        place = f"/tunable/{escape(pointer)}"
        low, high = bounds.get("min"), bounds.get("max")
        if why := _unwritable(bounds, value_at(document, pointer)):
            yield place, why
            continue
        if low is not None and high is not None and low > high:
            yield (
                place,
                f"min {number(low)} is above max {number(high)}; turn them round.",
            )
            continue
        value = value_at(document, pointer)
        if value is not MISSING and not fits(value, bounds):
            yield (
                place,
                f"the value at {visible(pointer)} lies outside these bounds; widen them or change it.",
            )


def _unwritable(bounds: dict[str, JSON], today: JSON) -> str:
    """Why what is said of a model's texts makes no sense; "" where it does, or nothing is said."""
    if not written_most(bounds):
        return (
            "longest limits what a model writes; say written_by_model too, or take it out."
            if "longest" in bounds
            else ""
        )
    if any(name in bounds for name in ("min", "max", "step")):
        return "a range is of numbers, and a model writes texts; keep one of them."
    if today is not MISSING and not isinstance(today, str):
        return "a model writes texts, and what stands there is none; take written_by_model out."
    if isinstance(today, str) and len(today) > longest(bounds):
        return f"what stands there has {len(today)} characters, and longest is {longest(bounds)}; raise it, or take it out."
    if not all(isinstance(choice, str) for choice in bounds.get("values", ())):
        return "a model writes texts, and not all listed values are; list texts, or take written_by_model out."
    return ""


def is_listed(value: JSON, bounds: dict[str, JSON]) -> bool:
    """Whether a value is one of the listed ones."""
    return any(same(value, choice) for choice in bounds.get("values", ()))


def fits(value: JSON, bounds: dict[str, JSON]) -> bool:
    """Whether a value is one of the listed ones, inside the numeric bounds, or a text that a model may write."""
    if is_listed(value, bounds):
        return True
    if isinstance(value, str) and written_most(bounds):
        return len(value) <= longest(bounds)
    low, high = bounds.get("min"), bounds.get("max")
    return low is not None and high is not None and is_number(value) and low <= value <= high


def _overlaps(document: dict[str, JSON]) -> Iterator[Problem]:
    """No tunable place may lie in, on or above a protected one; the governance of dreams is never tunable."""
    guarded = protected(document)
    for pointer in document.get("tunable", ()):
        place = f"/tunable/{escape(pointer)}"
        for names in {pointer} | _other_names(pointer):
            clash = next(
                (guard for guard in sorted(guarded) if covers(guard, names) or covers(names, guard)),
                None,
            )
            if clash is not None:
                yield (
                    place,
                    f"{visible(pointer)} is protected by {visible(clash)}; a dream may not move it.",
                )
                break
        if any(covers(own, pointer) for own in ("/tunable", "/protected")):
            yield place, "dreams may not move their own bounds; take it out."


def _other_names(pointer: str) -> set[str]:
    pairs = ({pointer_of(one), pointer_of(other)} for one, other in fields.aliases())
    return {name for pair in pairs if pointer in pair for name in pair}
