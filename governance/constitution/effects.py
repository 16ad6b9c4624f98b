"""From a change to its event (`up`, `item_added`, …) and from there to its effect. Pure; the table is `fields.json`."""

from __future__ import annotations

from collections.abc import Iterable

from governance.canonical import JSON
from governance.constitution.fields import Effect, Field, field_at
from governance.constitution.values import MISSING, Path, same

PRECEDENCE = (Effect.EXPANDS, Effect.UNCLASSIFIED, Effect.TIGHTENS)


def overall(effects: Iterable[Effect]) -> Effect:
    """One expansion makes the whole an expansion; then one unknown; then one tightening."""
    seen = set(effects)
    return next((effect for effect in PRECEDENCE if effect in seen), Effect.NEUTRAL)


def is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def event_of(old: JSON, new: JSON) -> str:
    """What happened to one value, whatever field it is."""
    if old is MISSING:
        return "added"
    if new is MISSING:
        return "removed"
    if is_number(old) and is_number(new):
        return "up" if new > old else "down"
    if isinstance(old, bool) and isinstance(new, bool):
        return "on" if new else "off"
    return "changed"


def owner_of(path: Path) -> tuple[Field | None, bool]:
    """The field that a change belongs to, and whether the change is one item of it."""
    own = field_at(path) if not path or isinstance(path[-1], str) else None
    if own is not None:
        return own, False
    parent = field_at(path[:-1]) if path else None
    if parent is None or parent.kind != ("set" if isinstance(path[-1], int) else "map"):
        return None, False
    return parent, True


def effect_at(path: Path, old: JSON, new: JSON, *, is_reorder: bool = False) -> Effect:
    """The effect of one change at this path, alone."""
    if (entry := _budget_entry(path, old, new)) is not None:
        return entry
    known, is_item = owner_of(path)
    if known is None:
        return Effect.UNCLASSIFIED
    if is_reorder:
        return known.effect("reordered")
    if is_item:
        return known.effect(f"item_{_item_event(old, new)}")
    return _EFFECTS[known.kind](known, old, new)


def _item_event(old: JSON, new: JSON) -> str:
    return "added" if old is MISSING else "removed" if new is MISSING else "changed"


def _budget_entry(path: Path, old: JSON, new: JSON) -> Effect | None:
    """A wildcard field that holds a whole object (a named budget) appears and goes as an item of its map."""
    if not (path and isinstance(path[-1], str)) or not (isinstance(old, dict) or isinstance(new, dict)):
        return None
    parent = field_at(path[:-1])
    if parent is None or parent.kind != "map":
        return None
    if (old is MISSING) is (new is MISSING):
        return Effect.UNCLASSIFIED
    return parent.effect(f"item_{_item_event(old, new)}")


def _number(known: Field, old: JSON, new: JSON) -> Effect:
    given = [value for value in (old, new) if value is not MISSING]
    if not all(map(is_number, given)):
        return Effect.UNCLASSIFIED
    return _scalar(known, _taken(known, old), _taken(known, new))


def _flag(known: Field, old: JSON, new: JSON) -> Effect:
    before, after = (bool(known.absent) if value is MISSING else value for value in (old, new))
    if not (isinstance(before, bool) and isinstance(after, bool)):
        return Effect.UNCLASSIFIED
    return _scalar(known, before, after)


def _text(known: Field, old: JSON, new: JSON) -> Effect:
    if not all(isinstance(value, str) for value in (old, new) if value is not MISSING):
        return Effect.UNCLASSIFIED
    return _scalar(known, old, new)


def _set(known: Field, old: JSON, new: JSON) -> Effect:
    """The whole list or map came or went: each item of it did."""
    whole = list if known.kind == "set" else dict
    if not all(isinstance(value, whole) for value in (old, new) if value is not MISSING):
        return Effect.UNCLASSIFIED
    gone = old if new is MISSING else []
    come = new if old is MISSING else []
    return overall([known.effect("item_removed")] * bool(gone) + [known.effect("item_added")] * bool(come))


_EFFECTS = {"number": _number, "flag": _flag, "text": _text, "set": _set, "map": _set}


def _taken(known: Field, value: JSON) -> JSON:
    return known.absent if value is MISSING and known.absent is not None else value


def _scalar(known: Field, old: JSON, new: JSON) -> Effect:
    return Effect.NEUTRAL if same(old, new) else known.effect(event_of(old, new))
