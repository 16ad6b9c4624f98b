"""The pure modules of the slice: facts, comparison, export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from governance.exports.table import Row, as_csv, as_json
from governance.registry import export
from governance.registry.compare import compare
from governance.registry.facts import Fact, facts
from governance.registry.queries import Health, SystemLine

LINE = SystemLine(
    name="=cmd()",
    type="agent",
    description="Adds, and takes away",
    status="active",
    lifecycle="HOT",
    version="1.0.0",
    constitution_version=3,
    capabilities=("payroll", "audit"),
    last_amended_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
    open_proposals=0,
    health=Health(10, 9, Decimal("0.040000"), 72, None),
)


def fact(constitution: dict[str, object], pointer: str) -> Fact:
    return next(one for one in facts(constitution) if one.pointer == pointer)


def test_facts__known_fields__labels_and_units() -> None:
    assert fact({"retention_period_days": 2555}, "/retention_period_days").text == "7 years"
    assert fact({"max_monthly_budget_usd": 1000}, "/max_monthly_budget_usd").text == "1,000 USD"
    assert fact({"audit_trail_required": True}, "/audit_trail_required").text == "yes"
    nested = fact({"routing_rules": {"max_retries": 3}}, "/routing_rules/max_retries")
    assert nested.is_known
    assert nested.text == "3"


def test_facts__lists__items_one_by_one() -> None:
    assert fact({"capabilities": ["payroll", "audit"]}, "/capabilities").items == ("payroll", "audit")
    assert fact({"capabilities": []}, "/capabilities").text == "none"


def test_facts__unknown_field__kept_last_and_named_as_such() -> None:
    found = facts({"aardvark_days": 3, "skill": "clay"})
    assert [one.pointer for one in found] == ["/skill", "/aardvark_days"]
    assert not found[-1].is_known
    assert found[-1].text == "3 days"


def test_facts__secret_sounding_field__value_is_not_shown() -> None:
    assert fact({"smtp_password": "hunter2"}, "/smtp_password").text == "not shown"


def test_compare__item_removed_and_later_item_changed__marks_only_lines_that_hold_the_value() -> None:
    old = {"rules": [{"id": "a", "n": 1}, {"id": "b", "n": 5}]}
    new = {"rules": [{"id": "b", "n": 2}]}
    found = compare(old, new)
    assert found.old_marks == {"/rules/0": "del"}
    assert found.new_marks == {"/rules/0/n": "add"}


def test_compare__field_changed__sentence_effect_and_both_sides() -> None:
    found = compare({"fallback_delay_ms": 500}, {"fallback_delay_ms": 200})
    assert found.sentence == "Fallback waits 200 ms instead of 500 ms."
    assert [(change.old, change.new, change.effect) for change in found.changes] == [("500", "200", "neutral")]
    assert found.old_marks == {"/fallback_delay_ms": "del"}


def test_compare__secret_changed__neither_side_is_shown() -> None:
    (change,) = compare({"api_key": "one"}, {"api_key": "two"}).changes
    assert "one" not in change.sentence + change.old
    assert "two" not in change.sentence + change.new


def test_export__csv__a_formula_stays_text_and_the_unmeasured_empty() -> None:
    head, row = b"".join(as_csv(export.SOURCE.columns, [Row(export.record(LINE))])).decode().splitlines()
    assert head.split(",") == list(export.COLUMNS)
    assert row.startswith("'=cmd(),agent,active,HOT,1.0.0,3,payroll audit,2026-11-02T09:00:00Z,0,10,9,0.040000,72,,")


def test_export__json__amounts_are_text() -> None:
    (record,) = json.loads(b"".join(as_json([Row(export.record(LINE))])))
    assert set(record) == set(export.COLUMNS)
    assert record["avg_cost_usd"] == "0.040000"
    assert record["avg_user_satisfaction"] is None
    assert record["capabilities"] == ["payroll", "audit"]
