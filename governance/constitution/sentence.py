"""A change as a person says it; the one sentence for inbox, mail, command line and ledger. Pure.

The wording is data (`fields.json`); here it is chosen, filled, gathered (`audit and delete now also need approval`) and
joined. Values come out visibly escaped and shortened, and values of secret-sounding fields not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from governance.canonical import JSON
from governance.constitution import fields
from governance.constitution.diff import Change
from governance.constitution.effects import PRECEDENCE, event_of, owner_of
from governance.constitution.fields import Field, field_at
from governance.constitution.values import MISSING, Path, is_pointer, item_name, same, tokens_of
from governance.constitution.wording import (
    humanised,
    is_secret,
    listed,
    named,
    quoted,
    short,
    shown,
    span,
    unit_of,
    visible,
)

CLAUSES: Final = 6
"""Clauses that a sentence says before it counts the rest."""
NOTHING: Final = "Nothing changes."

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*,?")


def describe(change: Change) -> str:
    """One change as one sentence."""
    return sentence((change,))


def sentence(changes: Iterable[Change], *, limit: int = CLAUSES) -> str:
    """All changes as one sentence of at most `limit` clauses; when some must go unsaid, expansions are said first."""
    groups = _gathered(changes)
    left_out = len(groups) - limit
    if left_out > 0:
        groups = sorted(groups, key=_urgency)[:limit]
    clauses = list(dict.fromkeys(group.clause() for group in groups))
    if left_out > 0:
        clauses.append(f"and {left_out:,} more change{'' if left_out == 1 else 's'}")
    return f"{_capitalised('; '.join(clauses))}." if clauses else NOTHING


@dataclass(slots=True)
class _Group:
    """Changes that one clause says: one change, or items that came to (or went from) one list together."""

    field: Field | None
    event: str
    changes: list[Change]
    path: Path
    names: tuple[str, ...]
    items: list[str]

    def clause(self) -> str:
        first = self.changes[0]
        template = self.template()
        name = self.name()
        unit = self.unit()
        label = self.field.label.format(name=name) if self.field else _label(self.names)
        return template.format(
            label=label,
            name=name,
            items=listed(self.items) if self.items else "",
            old=shown(first.old, unit),
            new=shown(first.new, unit),
            range=span(first.old, first.new, unit),
            old_short=short(first.old, first.new, unit),
        )

    def template(self) -> str:
        if not self.field and self.path and is_secret(str(self.path[-1])):
            event = self.event if self.event in ("added", "removed") else "changed"
            return fields.default_template("secret", event) or ""
        event = self.event.replace("item_", "items_") if len(self.items) > 1 else self.event
        found = self.field.template(event) if self.field else None
        return found or fields.default_template("unknown", event) or fields.default_template("unknown", "changed") or ""

    def name(self) -> str:
        """What the wildcard in the field's pointer stands for here."""
        if not self.field or fields.ANY not in self.field.pointer:
            return ""
        token = self.names[tokens_of(self.field.pointer).index(fields.ANY)]
        return _field_name(token) if token.startswith("/") else humanised(_BUDGETS.get(token, token))

    def unit(self) -> str | None:
        if self.field is None:
            return unit_of(self.names[-1]) if self.names else None
        if self.field.unit != "*":
            return self.field.unit
        token = self.names[tokens_of(self.field.pointer).index(fields.ANY)]
        known = field_at(tokens_of(token)) if token.startswith("/") else None
        if known:
            return known.unit
        return _BUDGET_UNITS.get(token) or unit_of(token)


# resource types of seeds/004 section 6
_BUDGETS: Final = {
    "usd_budget": "total",
    "usd": "total",
    "llm_tokens": "LLM token",
    "api_calls": "API call",
}
_BUDGET_UNITS: Final = {
    "usd_budget": "USD",
    "usd": "USD",
    "llm_tokens": "tokens",
    "api_calls": "calls",
    "compute_hours": "hours",
    "storage_gb": "GB",
}


def _gathered(changes: Iterable[Change]) -> list[_Group]:
    groups: dict[object, _Group] = {}
    for change in _one_name(tuple(changes)):
        path, names = (
            change.path or tokens_of(change.pointer),
            change.names or tokens_of(change.pointer),
        )
        group = _group(change, path, names)
        key = (group.path, group.event) if group.items else change
        known = groups.setdefault(_key(key, len(groups)), group)
        if known is not group:
            known.changes.append(change)
            known.items.extend(group.items)
    return list(groups.values())


def _one_name(changes: tuple[Change, ...]) -> Iterable[Change]:
    """A value that moved from one name of a thing to its other name is one change, not a loss and a gain."""
    at = {change.path: change for change in changes}
    merged: dict[Path, Change | None] = {}
    for preferred, alias in fields.aliases():
        one, other = at.get(preferred), at.get(alias)
        if one and other and {one.kind, other.kind} == {"added", "removed"}:
            gone, come = (one, other) if one.kind == "removed" else (other, one)
            merged |= {gone.path: None, come.path: replace(come, old=gone.old, kind="changed")}
    return filter(None, (merged.get(change.path, change) for change in changes))


def _key(key: object, index: int) -> object:
    return key if isinstance(key, tuple) else index


def _group(change: Change, path: Path, names: tuple[str, ...]) -> _Group:
    known, is_item = owner_of(path)
    side = change.old if change.new is MISSING else change.new
    event = "reordered" if change.kind == "reordered" else event_of(change.old, change.new)
    if is_item or (known is None and path and isinstance(path[-1], int)):
        items = [_item(known, side, names[-1])]
        return _Group(
            known,
            f"item_{event}" if event in _COMINGS else "item_changed",
            [change],
            path[:-1],
            names[:-1],
            items,
        )
    if known and known.kind in ("set", "map") and event in _COMINGS and isinstance(side, list | dict) and side:
        items = [_item(known, value, name) for name, value in _members(side)]
        return _Group(known, f"item_{event}", [change], path, names, items)
    return _Group(known, event, [change], path, names, [])


_COMINGS: Final = ("added", "removed")


def _event(known: Field | None, change: Change) -> str:
    """What is said to have happened; a flag that comes or goes was off (or what its field takes) before or after."""
    if change.kind == "reordered":
        return "reordered"
    if same(change.old, change.new):
        return "renamed"
    if known and known.kind == "flag":
        old, new = (bool(known.absent) if side is MISSING else side for side in (change.old, change.new))
        return event_of(change.old, change.new) if same(old, new) else event_of(old, new)
    return event_of(change.old, change.new)


def _members(side: list[JSON] | dict[str, JSON]) -> Sequence[tuple[str, JSON]]:
    return sorted(side.items()) if isinstance(side, dict) else [("", value) for value in side]


def _item(known: Field | None, value: JSON, name: str) -> str:
    """One item of a list or map, as its field wants items said."""
    if known and known.kind == "map":
        return _bounded(name, value) if known.items == "pointers" else humanised(_BUDGETS.get(name, name))
    if not isinstance(value, str):
        known_as = item_name(value)
        return named(known_as) if known_as else shown(value)
    if known and known.items == "pointers":
        return _field_name(value)
    return quoted(value) if known is None or known.items == "quoted" else named(value)


def _budget(name: str, value: JSON) -> str:
    """A named budget with its amount: `total budget of 1,000 USD`."""
    amount, window = (value.get("limit"), value.get("window")) if isinstance(value, dict) else (value, None)
    unit = _BUDGET_UNITS.get(name) or unit_of(name)
    said = (
        f"{window} {humanised(_BUDGETS.get(name, name))}"
        if isinstance(window, str)
        else humanised(_BUDGETS.get(name, name))
    )
    return f"{visible(said)} budget of {shown(amount, unit)}"


def _bounded(pointer: str, bounds: JSON) -> str:
    """A tunable field with the room it gives."""
    name = f"the {_field_name(pointer)}" if field_at(tokens_of(pointer)) else _field_name(pointer)
    if not isinstance(bounds, dict) or "min" not in bounds or "max" not in bounds:
        return name
    known = field_at(tokens_of(pointer))
    unit = known.unit if known else unit_of(pointer)
    low, high = short(bounds["min"], bounds["max"], unit), shown(bounds["max"], unit)
    return f"{name} between {low} and {high}"


def _field_name(pointer: str) -> str:
    known = field_at(tokens_of(pointer)) if is_pointer(pointer) else None
    return known.label if known and "{" not in known.label else quoted(pointer)


def _label(names: tuple[str, ...]) -> str:
    """An unknown field: the way to it in words."""
    words = " › ".join(humanised(name) for name in names[-3:])
    return ("… › " if len(names) > 3 else "") + words or "the document"


def _urgency(group: _Group) -> int:
    ranks = {effect: rank for rank, effect in enumerate(PRECEDENCE)}
    return min(ranks.get(change.effect, len(ranks)) for change in group.changes)


def _capitalised(text: str) -> str:
    """A capital letter first; an identifier that is no plain word is put in quotation marks and left as it is."""
    first, space, rest = text.partition(" ")
    if _WORD.fullmatch(first):
        return text[0].upper() + text[1:]
    if first[:1].islower() or "_" in first:
        bare = first.rstrip(",")
        return f"“{bare}”{first[len(bare) :]}{space}{rest}"
    return text
