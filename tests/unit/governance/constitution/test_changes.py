"""What changed, for the eye and for the record: pointers, identity of list items, effects, the stored shape."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution.diff import Effect, changes, effect_of, operations, stored
from governance.constitution.patch import apply
from governance.constitution.values import MISSING


def seen(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(change.pointer, change.kind) for change in changes(old, new)]


def effect(old: Any, new: Any) -> Effect:
    return effect_of(changes(old, new))


def test_changes__missing_and_null__are_told_apart() -> None:
    (added,) = changes({}, {"a": None})
    (emptied,) = changes({"a": 1}, {"a": None})
    assert added.old is MISSING
    assert added.new is None
    assert added.as_json() == {
        "pointer": "/a",
        "new": None,
        "change": "added",
        "kind": "added",
        "effect": "unclassified",
    }
    assert emptied.kind == "changed"
    assert emptied.as_json()["change"] == "number became nothing"


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ([1], [True]), ({"a": 0}, {"a": False}), ("1", 1)])
def test_changes__values_that_only_look_equal__are_changes(old: Any, new: Any) -> None:
    assert changes(old, new)
    assert operations(old, new)


@pytest.mark.parametrize(("old", "new"), [(1, 1.0), (0, -0.0), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1})])
def test_changes__two_spellings_of_one_value__are_none(old: Any, new: Any) -> None:
    assert changes(old, new) == ()
    assert operations(old, new) == []


def test_changes__list_items_by_id__moved_and_edited_item_is_one_edit_and_one_reorder() -> None:
    old = {"articles": [{"id": "a", "limit": 1}, {"id": "b", "limit": 2}]}
    new = {"articles": [{"id": "b", "limit": 3}, {"id": "a", "limit": 1}]}
    assert seen(old, new) == [("/articles/0/limit", "changed"), ("/articles", "reordered")]


def test_changes__item_inserted_in_front__is_one_addition() -> None:
    old = {"articles": [{"name": "a"}, {"name": "b"}]}
    assert seen(old, {"articles": [{"name": "z"}, *old["articles"]]}) == [("/articles/0", "added")]


def test_changes__same_id_twice__each_is_its_own_item() -> None:
    old, new = [{"id": 1, "x": 1}, {"id": 1, "x": 2}], [{"id": 1, "x": 1}, {"id": 1, "x": 3}]
    assert seen(old, new) == [("/1/x", "changed")]


def test_changes__item_without_id_or_name__is_matched_by_value() -> None:
    assert seen([{"x": 1}, {"x": 2}], [{"x": 2}, {"x": 3}]) == [("/0", "removed"), ("/1", "added")]


def test_changes__pointer_tokens__are_escaped() -> None:
    assert seen({"a/b": {"~": 1}}, {"a/b": {"~": 2}}) == [("/a~1b/~0", "changed")]


def test_changes__delta_of_numbers__is_exact_without_float_noise() -> None:
    (change,) = changes({"routing_confidence_threshold": 0.7}, {"routing_confidence_threshold": 0.65})
    assert change.change == -0.05


def test_stored__the_example_of_the_source() -> None:
    old, new = {"routing_confidence_threshold": 0.7}, {"routing_confidence_threshold": 0.65}
    assert stored(old, new) == {"routing_confidence_threshold": {"old": 0.7, "new": 0.65, "change": -0.05}}


def test_stored__lists_objects_texts_and_absence__are_described() -> None:
    old = {"requires_approval": ["audit"], "routing_rules": {"max_retries": 3}, "covenant": "a", "flag": True, "x": 1}
    new = {
        "requires_approval": ["audit", "delete"],
        "routing_rules": {"max_retries": 5},
        "covenant": "b",
        "flag": False,
    }
    kept = {key: entry["change"] for key, entry in stored(old, new).items()}
    assert kept == {
        "covenant": "text changed",
        "flag": "turned off",
        "requires_approval": "added delete",
        "routing_rules": "max_retries +2",
        "x": "removed",
    }
    assert stored(old, new)["x"] == {"old": 1, "new": None, "change": "removed"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"routing_confidence_threshold": 0.7}, {"routing_confidence_threshold": 0.8}, "tightens"),
        ({"routing_rules": {"confidence_threshold": 0.7}}, {"routing_rules": {"confidence_threshold": 0.6}}, "expands"),
        ({}, {"routing_confidence_threshold": 0.7}, "neutral"),
        ({}, {"routing_confidence_threshold": 0.6}, "expands"),
        ({}, {"routing_rules": {"max_retries": 5, "confidence_threshold": 0.9}}, "expands"),
        ({"routing_rules": {"max_retries": 5}}, {}, "tightens"),
        ({"routing_rules": {"confidence_threshold": 0.7}}, {"routing_confidence_threshold": 0.7}, "neutral"),
        ({"retention": {"period_days": 365}}, {"retention_period_days": 730}, "tightens"),
        ({}, {"max_monthly_budget_usd": 1000}, "tightens"),
        ({"max_monthly_budget_usd": 1000}, {}, "expands"),
        ({"max_monthly_budget_usd": 1000}, {"max_monthly_budget_usd": 1001}, "expands"),
        ({"max_monthly_budget_usd": 1000}, {"max_monthly_budget_usd": None}, "unclassified"),
        ({"max_monthly_budget_usd": 1000}, {"max_monthly_budget_usd": True}, "unclassified"),
        ({"budgets": {}}, {"budgets": {"usd_budget": {"limit": 5}}}, "tightens"),
        ({"budgets": {"a": 5, "b": 1}}, {"budgets": {"b": 1}}, "expands"),
        ({"budgets": {"a": {"limit": 5}}}, {"budgets": {"a": {"limit": 6}}}, "expands"),
        ({"budgets": {"a": {"limit": 5, "window": "daily"}}}, {"budgets": {"a": {"limit": 5, "window": "hourly"}}},
         "expands"),
        ({"requires_approval": []}, {"requires_approval": ["delete"]}, "tightens"),
        ({"requires_approval": ["delete"]}, {}, "expands"),
        ({"requires_approval": ["a", "b"]}, {"requires_approval": ["b", "a"]}, "neutral"),
        ({}, {"requires_approval": []}, "neutral"),
        ({"requires_approval": ["delete"]}, {"requires_approval": "delete"}, "unclassified"),
        ({"capabilities": ["a"]}, {"capabilities": ["a", "b"]}, "expands"),
        ({"capabilities": ["a"]}, {"capabilities": []}, "tightens"),
        ({"prime_directives": ["a"]}, {"prime_directives": ["a", "b"]}, "neutral"),
        ({"prime_directives": ["a"]}, {"prime_directives": ["b"]}, "expands"),
        ({"protected": ["/a"]}, {"protected": ["/a", "/b"]}, "tightens"),
        ({"protected": ["/a"]}, {}, "expands"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}}, {"tunable": {"/a": {"min": 0, "max": 2}}}, "expands"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}}, {"tunable": {"/a": {"min": 0.5, "max": 1}}}, "tightens"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}}, {"tunable": {"/a": {"min": -1, "max": 0.5}}}, "expands"),
        ({}, {"tunable": {"/a": {"min": 0, "max": 1}}}, "expands"),
        ({"tunable": {"/a": {"min": 0, "max": 1}}}, {}, "tightens"),
        ({"tunable": {"/a": {"values": ["x"]}}}, {"tunable": {"/a": {"values": ["x", "y"]}}}, "expands"),
        ({"retention_period_days": 365}, {"retention_period_days": 2555}, "tightens"),
        ({"audit_trail_required": True}, {}, "expands"),
        ({}, {"audit_trail_required": False}, "neutral"),
        ({}, {"dual_write_enabled": True}, "tightens"),
        ({"fuzzy_match_threshold": 0.4}, {"fuzzy_match_threshold": 0.3}, "expands"),
        ({"fallback_delay_ms": 500}, {"fallback_delay_ms": 200}, "neutral"),
        ({"covenant": "a"}, {}, "expands"),
        ({"surprise": 1}, {"surprise": 2}, "unclassified"),
        ({"routing_rules": {"surprise": 1}}, {"routing_rules": {"surprise": 2}}, "unclassified"),
        ({"retention_period_days": 1, "x": 1}, {"retention_period_days": 2, "x": 2}, "unclassified"),
        ({"retention_period_days": 1, "x": 1, "refund_limit": 1}, {"retention_period_days": 2, "refund_limit": 2},
         "expands"),
        ({"a": 1}, {"a": 1}, "neutral"),
        ({"": 1}, {"": 2}, "unclassified"),
        ({"budgets": {"": 1}}, {"budgets": {"": 2}}, "expands"),
    ],
)  # fmt: skip
def test_effect_of__from_the_table_of_known_fields(old: Any, new: Any, expected: str) -> None:
    assert effect(old, new) == expected


def test_operations__long_list_with_one_insertion__is_one_operation() -> None:
    old = [{"id": number, "limit": 1} for number in range(500)]
    new = [*old[:250], {"id": "new"}, *old[250:]]
    assert operations(old, new) == [{"op": "add", "path": "/250", "value": {"id": "new"}}]


def test_operations__list_turned_round__replays() -> None:
    old = list(range(50))
    assert apply(operations(old, old[::-1]), old) == old[::-1]


def test_changes__lists_in_lists_to_the_depth_limit__each_value_is_looked_at_once() -> None:
    def nested(last: int) -> Any:
        value: Any = [{"x": number} for number in range(20_000)] + [last]
        for _ in range(28):
            value = [value]
        return value

    old, new = nested(1), nested(2)
    assert len(changes(old, new)) == 2
    assert apply(operations(old, new), old) == new
