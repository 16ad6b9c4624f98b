"""The table of known fields is whole: in the schema, with a direction, sentences and somebody who obeys."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from governance.constitution import fields
from governance.constitution.fields import Field, all_fields, field_at
from governance.constitution.values import tokens_of

TABLE = json.loads(files("governance.constitution").joinpath("fields.json").read_text(encoding="utf-8"))
SCHEMA = json.loads(files("governance.constitution").joinpath("schema.json").read_text(encoding="utf-8"))
SOURCES = [
    "skill",
    "version",
    "domain",
    "persona_id",
    "prime_directives",
    "capabilities",
    "requires_approval",
    "routing_rules",
    "covenant",
    "budgets",
    "retention",
    "tunable",
    "protected",
    "routing_confidence_threshold",
    "fallback_delay_ms",
    "max_monthly_budget_usd",
    "model",
    "retention_period_days",
    "audit_trail_required",
    "latency_target_ms",
    "fuzzy_match_threshold",
    "dual_write_enabled",
    "voice_quality",
]
PARTS = [
    "governance.registry",
    "governance.rulebook",
    "governance.ledger",
    "billing.budgets",
    "billing.payroll",
    "routing.router",
    "routing.executions",
    "routing.connectors",
    "routing.lifecycle",
    "routing.telemetry",
    "dreams.mutate",
]
EVENTS = {
    "number": ["up", "down", "added", "removed"],
    "flag": ["on", "off", "added", "removed"],
    "text": ["changed", "added", "removed"],
    "set": ["item_added", "items_added", "item_removed", "items_removed", "reordered"],
    "map": ["item_added", "items_added", "item_removed", "items_removed"],
}
each = pytest.mark.parametrize("known", all_fields(), ids=lambda known: known.pointer)


@pytest.mark.parametrize("name", SOURCES)
def test_fields__every_field_of_the_sources__is_known_or_holds_known_ones(name: str) -> None:
    assert field_at((name,)) or fields.has_named_children((name,))
    assert name in SCHEMA["properties"]


@pytest.mark.parametrize("name", SCHEMA["properties"])
def test_fields__every_property_of_the_schema__is_known(name: str) -> None:
    assert field_at((name,)) or fields.has_named_children((name,))


@each
def test_fields__each__stands_in_the_schema(known: Field) -> None:
    shape: dict[str, Any] = SCHEMA
    for token in tokens_of(known.pointer):
        inner = shape.get("additionalProperties") if token == fields.ANY else shape.get("properties", {}).get(token)
        assert isinstance(inner, dict), known.pointer
        shape = inner


@each
def test_fields__each__has_a_direction_of_the_table_that_fits_its_kind(known: Field) -> None:
    direction = TABLE["directions"][known.direction]
    needed = {"number": "up", "flag": "on", "text": "changed", "set": "item_added", "map": "item_added"}[known.kind]
    assert needed in direction


@each
def test_fields__each__names_the_one_place_that_obeys_it(known: Field) -> None:
    assert known.obeyed_by in PARTS
    assert known.source
    assert known.title[0].isupper() or known.title.startswith("{")


@each
def test_fields__each__has_a_sentence_for_everything_that_can_happen(known: Field) -> None:
    for event in EVENTS[known.kind]:
        template = known.template(event)
        assert template, event
        template.format(label="l", name="n", items="i", old="o", new="n", range="r", old_short="o")


def test_fields__aliases__are_known_fields_with_one_meaning() -> None:
    for preferred, alias in fields.aliases():
        one, other = field_at(preferred), field_at(alias)
        assert one is not None
        assert other is not None
        assert (one.label, one.direction, one.unit, one.absent) == (
            other.label,
            other.direction,
            other.unit,
            other.absent,
        )


def test_field_at__a_literal_star_or_empty_key_in_a_document__is_only_a_key() -> None:
    assert field_at(("",)) is None
    assert field_at(("*",)) is None
    assert field_at(("budgets", "")) is field_at(("budgets", "anything"))
