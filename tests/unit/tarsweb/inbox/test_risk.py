from __future__ import annotations

import pytest

from tarsweb.inbox.risk import Facts, Level, risk_of


@pytest.mark.parametrize("effect", ["tightens", "neutral"])
def test_risk__ordinary_small_change__low_and_says_why(effect: str) -> None:
    risk = risk_of(Facts(effect=effect))
    assert (risk.level, risk.why) == (Level.LOW, "gives no more room, and can be rolled back")


@pytest.mark.parametrize("effect", ["expands", "unclassified", "something new"])
def test_risk__more_room_or_unknown__high(effect: str) -> None:
    assert risk_of(Facts(effect=effect)).level is Level.HIGH


@pytest.mark.parametrize("basis", ["compliance", "security_patch", "data_integrity"])
def test_risk__cannot_be_rolled_back__medium(basis: str) -> None:
    risk = risk_of(Facts(effect="tightens", basis=basis))
    assert risk.level is Level.MEDIUM
    assert "cannot be rolled back" in risk.why


def test_risk__protected_place__medium_when_it_tightens_else_high() -> None:
    assert risk_of(Facts(effect="tightens", protected=("/requires_approval",))).level is Level.MEDIUM
    assert risk_of(Facts(effect="neutral", protected=("/requires_approval",))).level is Level.HIGH


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (Facts(effect="tightens", changes=4), "4 fields"),
        (Facts(effect="tightens", dependents=3), "3 systems build on it"),
        (Facts(effect="tightens", is_overdue=True), "overdue"),
        (Facts(effect="tightens", is_second_person=True), "undoes"),
    ],
)
def test_risk__other_reasons__medium(facts: Facts, word: str) -> None:
    risk = risk_of(facts)
    assert risk.level is Level.MEDIUM
    assert word in risk.why


def test_risk__several_reasons__highest_word_and_all_reasons_the_weightiest_first() -> None:
    risk = risk_of(Facts(effect="expands", basis="compliance", is_overdue=True))
    assert risk.level is Level.HIGH
    assert risk.reasons == ("gives more room", "a compliance change cannot be rolled back", "is overdue")
