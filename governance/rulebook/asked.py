"""A case as an address holds it: who would do what, with which facts. Pure.

    ?system=clay&action=refund&name=amount&value=500&name=vip&value=yes&json={…}&session=s-1&moment=2026-09-01T12:00Z

Rows win over `json`. `apply=amount=500` sets one fact, `add=amount` opens a row for one; both lead to the address they mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from governance import canonical
from governance.errors import Invalid
from governance.rulebook.typed import kind_of, text_of, value_of

SPARE_ROWS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the form: a fact's name, its value as typed, and what the value is taken for."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        return kind_of(value_of(self.text)) if self.text.strip() else ""


@dataclass(frozen=True, slots=True)
class AskedCase:
    """The form as it was filled in. `moment` is as typed."""

    system: str = ""
    action: str = ""
    rows: tuple[Row, ...] = ()
    json: str = ""
    session: str = ""
    moment: str = ""

    @property
    def is_asked(self) -> bool:
        return bool(self.system and self.action)

    @property
    def shown_rows(self) -> tuple[Row, ...]:
        """The rows of the form, with some to fill in."""
        return (*self.rows, *(Row("", "") for _ in range(SPARE_ROWS)))

    def facts(self) -> dict[str, Any]:
        """Raises `Invalid` (its pointer leads into the JSON) for a text that is no object."""
        found = _object(self.json)
        return {**found, **{row.name: value_of(row.text) for row in self.rows if row.name and row.text.strip()}}

    def with_fact(self, name: str, text: str) -> AskedCase:
        """The case with one fact set, in its row if it has one."""
        if any(row.name == name for row in self.rows):
            return replace(self, rows=tuple(Row(name, text) if row.name == name else row for row in self.rows))
        return replace(self, rows=(*self.rows, Row(name, text)))

    def query(self) -> str:
        """The query string that asks for this case."""
        said = [("system", self.system), ("action", self.action)]
        rows = [pair for row in self.rows for pair in (("name", row.name), ("value", row.text))]
        rest = [(name, getattr(self, name)) for name in ("json", "session", "moment")]
        return urlencode([*(pair for pair in said if pair[1]), *rows, *(pair for pair in rest if pair[1])])


def asked_of(*, single: Mapping[str, str], names: Iterable[str], values: Iterable[str]) -> AskedCase:
    """What an address asks. A row without a name is left out; of two rows of one name the later one with a value wins."""
    rows: dict[str, str] = {}
    for name, value in zip(names, values, strict=False):
        if key := name.strip():
            rows[key] = value if value.strip() or key not in rows else rows[key]
    case = AskedCase(
        rows=tuple(Row(name, text) for name, text in rows.items()),
        **{name: single.get(name, "").strip() for name in ("system", "action", "json", "session", "moment")},
    )
    name, is_set, text = single.get("apply", "").partition("=")
    if name and is_set:
        case = case.with_fact(name, text)
    return case.with_fact(wanted, "") if (wanted := single.get("add", "").strip()) and wanted not in rows else case


def asked_about(
    *, system: str, action: str, facts: Mapping[str, Any], session: str = "", moment: str = ""
) -> AskedCase:
    """The form for a case that is known already."""
    rows = tuple(Row(name, text_of(value)) for name, value in sorted(facts.items()))
    return AskedCase(system=system, action=action, rows=rows, session=session, moment=moment)


def _object(text: str) -> dict[str, Any]:
    if not text:
        return {}
    found = canonical.loads(text, max_bytes=64 * 1024)
    if not isinstance(found, dict):
        raise Invalid('The facts are an object, such as {"amount": 500}.', problems=(("/json", "is no object"),))
    return found


def pretty(facts: Mapping[str, Any]) -> str:
    """Facts as JSON that a person reads."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
