"""Whose an entry is that names a person and no number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.agents.payroll_names import resolved

KNOWN = [{"employee_id": "1", "employee_name": "John Doe"}, {"employee_id": "2", "employee_name": "Joan Dyer"}]


def found(name: str, threshold: float, *, known: Any = KNOWN) -> str:
    (entry,), _ = resolved([{"employee_name": name}], known=known, threshold=threshold)
    return str(entry.get("employee_id", ""))


@pytest.mark.parametrize(
    ("name", "threshold", "id"),
    [
        ("John Doe", 0.0, "1"),
        ("DOE, John", 0.0, "1"),
        ("Jon Doe", 0.0, ""),
        ("Jon Doe", 0.1, "1"),
        ("Joan Dyer-Smith", 0.1, ""),
        ("Joan Dyer-Smith", 0.4, "2"),
        ("Wolfgang Amadeus", 0.4, ""),
        ("", 1.0, ""),
    ],
)
def test_resolved__as_near_as_the_threshold_lets(name: str, threshold: float, id: str) -> None:
    assert found(name, threshold) == id


def test_resolved__two_people_as_near__is_not_guessed() -> None:
    twins = [{"employee_id": "1", "employee_name": "Ana"}, {"employee_id": "2", "employee_name": "Anb"}]
    assert found("Anc", 0.5, known=twins) == ""
    same = [{"employee_id": "1", "employee_name": "Ana"}, {"employee_id": "2", "employee_name": "Ana"}]
    assert found("Ana", 0.5, known=same) == ""


def test_resolved__a_number_that_is_there__stays_and_what_was_given_is_not_changed() -> None:
    given_ = [{"employee_id": "9", "employee_name": "John Doe"}, {"employee_name": "Jon Doe"}]
    entries, matches = resolved(given_, known=KNOWN[:1], threshold=0.2)
    assert entries[0]["employee_id"] == "9" and "employee_id" not in given_[1]
    assert matches == (), "John Doe has two numbers here"


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6), st.floats(0, 1), st.floats(0, 1))
def test_resolved__a_wider_threshold__never_resolves_less(names: list[str], one: float, other: float) -> None:
    entries = [{"employee_name": name} for name in names]
    narrow, wide = (
        {match.entry: match.employee_id for match in resolved(entries, known=KNOWN, threshold=threshold)[1]}
        for threshold in sorted((one, other))
    )
    assert narrow.items() <= wide.items()
