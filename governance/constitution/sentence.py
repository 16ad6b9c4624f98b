"""A change as a person says it; the one sentence for inbox, mail, command line and ledger. Pure.

The wording is data (`fields.json`); here it is chosen, filled, gathered (`audit and delete now also need approval`) and
joined. Values come out visibly escaped and shortened, and values of secret-sounding fields not at all.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from governance.canonical import JSON
from governance.constitution import fields, naming
from governance.constitution.diff import Change
from governance.constitution.effects import PRECEDENCE, event_of, owner_of
from governance.constitution.fields import Field, field_at
from governance.constitution.values import MISSING, Path, same, tokens_of
from governance.constitution.wording import is_secret, listed, short, shown, span, unit_of

CLAUSES: Final = 6
"""Clauses that a sentence says before it counts the rest."""
NOTHING: Final = "Nothing changes."

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*,?")
_COMINGS: Final = ("added", "removed")


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
        first, (name, unit) = self.changes[0], self.name_and_unit()
        if first.said:
            return first.said
        return self.template().format(
            label=self.field.label.format(name=name) if self.field else naming.label(self.names),
            name=name,
            items=listed(self.items) if self.items else "",
            old=shown(first.old, unit),
            new=shown(first.new, unit),
            range=span(first.old, first.new, unit),
            old_short=short(first.old, first.new, unit),
        )

    def name_and_unit(self) -> tuple[str, str | None]:
        if self.field is None:
            return "", unit_of(self.names[-1]) if self.names else None
        if fields.ANY not in self.field.pointer:
            return "", self.field.unit
        name, unit = naming.wildcard(self.field, self.names)
        return name, unit if self.field.unit == fields.ANY else self.field.unit

    def template(self) -> str:
        if self.field is None and any(map(is_secret, self.names)):
            event = self.event if self.event in _COMINGS else "changed"
            return fields.default_template("secret", event) or ""
        event = self.event.replace("item_", "items_") if len(self.items) > 1 else self.event
        found = self.field.template(event) if self.field else None
        return found or fields.default_template("unknown", event) or fields.default_template("unknown", "changed") or ""


def _gathered(changes: Iterable[Change]) -> list[_Group]:
    groups: dict[Hashable, _Group] = {}
    for change in _one_name(tuple(changes)):
        group = _group(change)
        known = groups.setdefault((group.path, group.event) if group.items else len(groups), group)
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


def _group(change: Change) -> _Group:
    path, names = change.path or tokens_of(change.pointer), change.names or tokens_of(change.pointer)
    known, is_item = owner_of(path)
    is_removed = change.new is MISSING
    side = change.old if is_removed else change.new
    event = _event(known, change)
    if known and known.kind == "number" and isinstance(side, dict) and event in _COMINGS:
        known, is_item = field_at(path[:-1]), True  # a named budget that is an object comes as an item of the budgets
    if is_item or (known is None and path and isinstance(path[-1], int)):
        items = [naming.item(known, side, names[-1], is_removed=is_removed)]
        event = f"item_{event if event in _COMINGS else 'changed'}"
        return _Group(known, event, [change], path[:-1], names[:-1], items)
    if known and known.kind in ("set", "map") and event in _COMINGS and isinstance(side, list | dict) and side:
        items = [naming.item(known, value, name, is_removed=is_removed) for name, value in _members(side)]
        return _Group(known, f"item_{event}", [change], path, names, items)
    return _Group(known, event, [change], path, names, [])


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


def _members(side: list[JSON] | dict[str, JSON]) -> list[tuple[str, JSON]]:
    return sorted(side.items()) if isinstance(side, dict) else [("", value) for value in side]


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
