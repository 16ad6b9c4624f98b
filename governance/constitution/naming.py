"""How fields, list items, budgets and tunable places are called in a sentence. Pure."""

from __future__ import annotations

from typing import Final

from governance.canonical import JSON
from governance.constitution import fields
from governance.constitution.effects import is_number
from governance.constitution.fields import Field, field_at
from governance.constitution.values import is_pointer, item_name, tokens_of
from governance.constitution.wording import humanised, named, quoted, short, shown, unit_of, visible

# resource types of seeds/004 section 6: name, unit
_RESOURCES: Final = {
    "usd_budget": ("total", "USD"),
    "usd": ("total", "USD"),
    "llm_tokens": ("LLM token", "tokens"),
    "api_calls": ("API call", "calls"),
    "compute_hours": ("compute", "compute hours"),
    "storage_gb": ("storage", "GB"),
}


def item(known: Field | None, value: JSON, name: str, *, is_removed: bool) -> str:
    """One item of a list or map, as its field wants items called."""
    if known and known.items == "budgets":
        return _budget(name, value)
    if known and known.items == "approvers":
        return f"{quoted(name)} by {_role(value)}"
    if known and known.kind == "map":
        return _tunable(name, {} if is_removed else value)
    if not isinstance(value, str):
        known_as = item_name(value)
        return named(known_as) if known_as else shown(value)
    if known and known.items == "pointers":
        return _place(value)
    return quoted(value) if known is None or known.items == "quoted" else named(value)


def label(names: tuple[str, ...]) -> str:
    """An unknown field: the way to it in words."""
    words = " › ".join(humanised(name) for name in names[-3:])
    return ("… › " if len(names) > 3 else "") + words or "the document"


def wildcard(known: Field, names: tuple[str, ...]) -> tuple[str, str | None]:
    """What the wildcard of a field's pointer stands for on this path: its name and unit."""
    token = names[tokens_of(known.pointer).index(fields.ANY)]
    if not token.startswith("/"):
        return _resource(token)
    place = field_at(tokens_of(token)) if is_pointer(token) else None
    return _place(token), place.unit if place else unit_of(token)


def _resource(name: str) -> tuple[str, str | None]:
    return _RESOURCES.get(name, (humanised(name), unit_of(name)))


def _budget(name: str, value: JSON) -> str:
    """A named budget with its amount: `monthly total budget of 1,000 USD`."""
    amount, window = (value.get("limit"), value.get("window")) if isinstance(value, dict) else (value, None)
    words, unit = _resource(name)
    window = f"{visible(window)} " if isinstance(window, str) else ""
    return f"{window}{words} budget of {shown(amount, unit)}"


def _role(value: JSON) -> str:
    return f"the role {quoted(humanised(value))}" if isinstance(value, str) else shown(value)


def _tunable(pointer: str, bounds: JSON) -> str:
    """A field that dreams may move, with the room it is given."""
    known = field_at(tokens_of(pointer)) if is_pointer(pointer) else None
    name = _place(pointer) if known is None or known.kind in ("set", "map") else f"the {_place(pointer)}"
    if isinstance(bounds, dict) and is_number(most := bounds.get("written_by_model")):
        return f"{name}, also in words of a model ({shown(most)} a night at most)"
    if not isinstance(bounds, dict) or "min" not in bounds or "max" not in bounds:
        return name
    unit = known.unit if known else unit_of(pointer)
    return f"{name} between {short(bounds['min'], bounds['max'], unit)} and {shown(bounds['max'], unit)}"


def _place(pointer: str) -> str:
    known = field_at(tokens_of(pointer)) if is_pointer(pointer) else None
    if known is None or "{" in known.label:
        return quoted(pointer)
    return f"the list of {known.label}" if known.kind in ("set", "map") else known.label
