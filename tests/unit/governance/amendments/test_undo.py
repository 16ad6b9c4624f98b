"""Undo is forward: the inverse of the amendment's own changes on today's constitution (DESIGN.md contract 3)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.amendments.undo import plan
from governance.constitution.diff import Effect

BEFORE: dict[str, Any] = {"fallback_delay_ms": 500, "requires_approval": ["audit"], "persona_id": "a"}


def test_plan__nothing_later__is_the_old_document() -> None:
    after = {**BEFORE, "fallback_delay_ms": 200}
    undo = plan(before=BEFORE, after=after, current=after)
    assert undo.document == BEFORE and not undo.conflicts and not undo.is_empty and undo.sentence


def test_plan__a_later_change_elsewhere__stays() -> None:
    after = {**BEFORE, "fallback_delay_ms": 200}
    current = {**after, "requires_approval": ["audit", "delete"]}
    undo = plan(before=BEFORE, after=after, current=current)
    assert undo.document == {**BEFORE, "requires_approval": ["audit", "delete"]}


def test_plan__a_later_change_of_the_same_place__is_a_conflict_by_pointer() -> None:
    after = {**BEFORE, "fallback_delay_ms": 200}
    undo = plan(before=BEFORE, after=after, current={**after, "fallback_delay_ms": 300})
    assert [conflict.pointer for conflict in undo.conflicts] == ["/fallback_delay_ms"]


def test_plan__a_later_item_of_the_same_list__stays() -> None:
    after = {**BEFORE, "requires_approval": ["audit", "delete"]}
    undo = plan(before=BEFORE, after=after, current={**after, "requires_approval": ["audit", "delete", "export"]})
    assert undo.document["requires_approval"] == ["audit", "export"] and undo.effect is Effect.EXPANDS


def test_plan__undone_by_hand_already__leaves_nothing() -> None:
    undo = plan(before=BEFORE, after={**BEFORE, "fallback_delay_ms": 200}, current=BEFORE)
    assert undo.is_empty and undo.document == BEFORE


@pytest.mark.parametrize("current", [{}, {"fallback_delay_ms": 200}])
def test_plan__never_brings_back_what_a_later_amendment_took_away(current: dict[str, Any]) -> None:
    undo = plan(before=BEFORE, after={**BEFORE, "fallback_delay_ms": 200}, current=current)
    assert "persona_id" not in undo.document
