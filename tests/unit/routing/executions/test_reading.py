"""An answer is read as facts and tables where it is flat enough, and never loses a member."""

from __future__ import annotations

from typing import Any

import pytest

from routing.executions.reading import Sheet, sheet_of

AUDIT = {
    "by_state": {"CO": {"entries": 2, "total": "14040.20"}, "ZZ": {"entries": 1}},
    "entries": 18,
    "findings": [{"entry": 16, "rule": "duplicate"}, {"entry": 17, "rule": "unknown_state"}],
    "is_clean": False,
    "notes": [],
}


def read(value: Any) -> Sheet:
    found = sheet_of(value)
    assert found is not None
    return found


def test_facts__plain_members__in_words() -> None:
    assert read(AUDIT).facts == (("Entries", "18"), ("Is clean", "no"), ("Notes", "none"))
    assert read({"a": None, "b": ["x", 2], "c": {}}).facts == (("A", "none"), ("B", "x, 2"), ("C", "none"))


def test_tables__lists_and_objects_of_objects__a_row_each() -> None:
    states, findings = read(AUDIT).tables
    assert (states.title, [cell.column for cell in states.head]) == ("By state", ["State", "Entries", "Total"])
    assert [[cell.text for cell in row] for row in states.rows] == [["CO", "2", "14040.20"], ["ZZ", "1", "—"]]
    assert [[cell.text for cell in row] for row in findings.rows] == [["16", "duplicate"], ["17", "unknown_state"]]


def test_columns__of_numbers_alone__are_told_apart() -> None:
    states, _ = read(AUDIT).tables
    assert [cell.is_number for cell in states.head] == [False, True, True]


@pytest.mark.parametrize(
    "value",
    [
        "words",
        [1, 2],
        {},
        {"a": {"b": {"c": {"d": 1}}}},
        {"a": [{"b": 1}, "loose"]},
        {"a": {"b": 1}},
        {"a": [[1], [2]]},
        {"a": [{"b": 1}] * 51},
        {"a": [{f"column_{number}": 1 for number in range(9)}]},
    ],
)
def test_what_does_not_fit__is_left_to_json(value: Any) -> None:
    assert sheet_of(value) is None
