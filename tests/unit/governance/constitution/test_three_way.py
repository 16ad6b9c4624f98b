"""Undo is forward: what others changed since stays in force, and an overlap is named instead of overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from governance.constitution.merge import merge, undo
from governance.constitution.values import MISSING

FIRST = {
    "routing_confidence_threshold": 0.7,
    "requires_approval": ["audit"],
    "articles": [{"id": "refunds", "limit": 50}],
}


def test_undo__ordinary_then_compliance_then_undo_the_ordinary__compliance_stays_in_force() -> None:
    after_ordinary = {**FIRST, "routing_confidence_threshold": 0.65}
    today = {**after_ordinary, "requires_approval": ["audit", "delete"], "retention_period_days": 2555}
    undone = undo(before=FIRST, after=after_ordinary, current=today)
    assert undone.is_clean
    assert undone.document == {**FIRST, "requires_approval": ["audit", "delete"], "retention_period_days": 2555}


def test_undo__both_added_to_one_list__only_the_undone_item_goes() -> None:
    after_ordinary = {"requires_approval": ["audit", "upload"]}
    today = {"requires_approval": ["audit", "upload", "delete"]}
    undone = undo(before={"requires_approval": ["audit"]}, after=after_ordinary, current=today)
    assert undone.is_clean
    assert undone.document == {"requires_approval": ["audit", "delete"]}


def test_undo__compliance_changed_the_same_value_since__conflict_named_and_todays_value_kept() -> None:
    undone = undo(before={"refund_limit": 50}, after={"refund_limit": 500}, current={"refund_limit": 100})
    (conflict,) = undone.conflicts
    assert (conflict.pointer, conflict.base, conflict.ours, conflict.theirs) == ("/refund_limit", 500, 100, 50)
    assert undone.document == {"refund_limit": 100}


def test_undo__a_rule_was_built_inside_what_would_go__conflict_and_it_stays() -> None:
    after, today = {"payments": {"limit": 5}}, {"payments": {"limit": 5, "needs": "officer"}}
    undone = undo(before={}, after=after, current=today)
    assert [conflict.pointer for conflict in undone.conflicts] == ["/payments"]
    assert undone.conflicts[0].theirs is MISSING
    assert undone.document == today


def test_undo__already_undone_by_somebody__nothing_left_and_no_conflict() -> None:
    undone = undo(before={"a": 1}, after={"a": 2}, current={"a": 1, "b": 1})
    assert undone.is_clean
    assert undone.document == {"a": 1, "b": 1}


def test_undo__removed_list_item__comes_back_to_its_place() -> None:
    undone = undo(before={"l": ["a", "b", "c"]}, after={"l": ["a", "c"]}, current={"l": ["a", "c", "d"]})
    assert undone.is_clean
    assert undone.document == {"l": ["a", "b", "c", "d"]}


def test_undo__reordered_list_that_grew_since__old_order_and_the_new_item() -> None:
    undone = undo(before=["a", "b", "c"], after=["c", "a", "b"], current=["c", "a", "b", "d"])
    assert undone.is_clean
    assert undone.document == ["a", "b", "d", "c"]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "document"),
    [
        ({"l": []}, {"l": ["x"]}, {"l": ["y"]}, {"l": ["x", "y"]}),
        ({}, {"l": ["x"]}, {"l": ["y"]}, {"l": ["x", "y"]}),
        ({}, {"o": {"a": 1}}, {"o": {"b": 2}}, {"o": {"a": 1, "b": 2}}),
        (FIRST, {**FIRST, "articles": [{"id": "refunds", "limit": 60}]},
         {**FIRST, "articles": [{"id": "refunds", "limit": 50, "note": "n"}]},
         {**FIRST, "articles": [{"id": "refunds", "limit": 60, "note": "n"}]}),
        (FIRST, {**FIRST, "articles": [{"id": "new"}, {"id": "refunds", "limit": 50}]},
         {**FIRST, "articles": [{"id": "refunds", "limit": 9}]},
         {**FIRST, "articles": [{"id": "new"}, {"id": "refunds", "limit": 9}]}),
        ([1, 2, 3], [3, 2, 1], [1, 2, 3, 4], [3, 4, 2, 1]),
    ],
)  # fmt: skip
def test_merge__changes_beside_each_other__both_kept(base: Any, ours: Any, theirs: Any, document: Any) -> None:
    merged = merge(base, ours, theirs)
    assert merged.is_clean
    assert merged.document == document


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "pointer"),
    [
        ({"a": 1}, {"a": 2}, {"a": 3}, "/a"),
        ({"a": 1}, {}, {"a": 3}, "/a"),
        ({"a": 1}, {"a": 2}, {}, "/a"),
        ({}, {"a": 1}, {"a": True}, "/a"),
        ({"a": []}, {"a": {}}, {"a": ""}, "/a"),
        ([{"id": 1, "x": 0}], [{"id": 0}, {"id": 1, "x": 1}], [{"id": 1, "x": 2}], "/1/x"),
        ([{"id": 1, "x": 0}], [], [{"id": 1, "x": 2}], "/0"),
        ({"l": [1, 2, 3]}, {"l": [3, 1, 2]}, {"l": [2, 1, 3]}, "/l"),
        ({"a/b": 1}, {"a/b": 2}, {"a/b": 3}, "/a~1b"),
    ],
)
def test_merge__both_changed_one_thing__conflict_by_pointer_and_ours_kept(
    base: Any, ours: Any, theirs: Any, pointer: str
) -> None:
    merged = merge(base, ours, theirs)
    assert [conflict.pointer for conflict in merged.conflicts] == [pointer]
    assert merged.document == ours


def test_merge__result__shares_nothing_with_its_inputs() -> None:
    base, theirs = {"a": [1]}, {"a": [1], "b": [2]}
    merged = merge(base, base, theirs)
    merged.document["a"].append(9)
    merged.document["b"].append(9)
    assert (base, theirs) == ({"a": [1]}, {"a": [1], "b": [2]})
