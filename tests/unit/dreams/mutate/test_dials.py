"""What may move, and to which values."""

from __future__ import annotations

from typing import Any

import pytest

from dreams.mutate.dials import MOST, Dial, dials_of
from governance.constitution.values import MISSING
from tests.unit.dreams.mutate.documents import CLAY


def _only(document: dict[str, Any]) -> Dial:
    (dial,), stuck = dials_of(document)
    assert not stuck
    return dial


@pytest.mark.parametrize(
    ("today", "bounds", "values"),
    [
        (0.7, {"min": 0.5, "max": 0.9, "step": 0.1}, (0.5, 0.6, 0.7, 0.8, 0.9)),
        (0.65, {"min": 0.5, "max": 0.8, "step": 0.1}, (0.5, 0.6, 0.65, 0.7, 0.8)),
        (3, {"min": 0, "max": 5}, (0, 1, 2, 3, 4, 5)),
        (3, {"min": 0, "max": 5, "step": 2}, (0, 2, 3, 4)),
        (1, {"min": 0, "max": 1.0, "step": 0.5}, (0.0, 0.5, 1.0)),
        ("a", {"values": ["b", "a", "c"]}, ("b", "a", "c")),
        (8, {"values": [16, 4], "min": 7, "max": 9}, (4, 7, 8, 9, 16)),
        (True, {"values": [True, False]}, (True, False)),
    ],
)
def test_dials_of__bounds__a_list_of_values(today: Any, bounds: dict[str, Any], values: tuple[Any, ...]) -> None:
    dial = _only({"x": today, "tunable": {"/x": bounds}})
    assert dial.values == values
    assert [type(value) for value in dial.values] == [type(value) for value in values]
    assert today not in dial.others or isinstance(today, bool)


def test_dials_of__no_step_or_a_tiny_one__few_enough_values() -> None:
    assert len(_only({"x": 0.5, "tunable": {"/x": {"min": 0, "max": 1}}}).values) == 21
    assert len(_only({"x": 0.5, "tunable": {"/x": {"min": 0, "max": 1, "step": 1e-9}}}).values) <= MOST + 2
    assert len(_only({"x": 600_000, "tunable": {"/x": {"min": 0, "max": 1_000_000}}}).values) == 21


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"tunable": {"/x": {"min": 0, "max": 1}}}, "Nothing is stated"),
        ({"x": 1, "tunable": {"/x": {"min": 1, "max": 1}}}, "nothing but today's"),
        ({"x": {"y": 1}, "protected": ["/x"], "tunable": {"/x/y": {"min": 0, "max": 1}}}, "protected"),
        (
            {
                "routing_confidence_threshold": 0.7,
                "protected": ["/routing_rules/confidence_threshold"],
                "tunable": {"/routing_confidence_threshold": {"min": 0.5, "max": 0.9}},
            },
            "protected",
        ),
        (
            {
                "routing_confidence_threshold": 0.7,
                "routing_rules": {"confidence_threshold": 0.7},
                "tunable": {"/routing_confidence_threshold": {"min": 0.5, "max": 0.9}},
            },
            "State it once",
        ),
    ],
)
def test_dials_of__cannot_move__says_why(document: dict[str, Any], why: str) -> None:
    dials, (stuck,) = dials_of(document)
    assert not dials
    assert why in stuck.sentence


def test_dials_of__one_thing_under_two_names__moves_together_within_both_bounds() -> None:
    dial = _only(
        {
            "routing_confidence_threshold": 0.7,
            "routing_rules": {"confidence_threshold": 0.7},
            "tunable": {
                "/routing_confidence_threshold": {"min": 0.5, "max": 0.9, "step": 0.1},
                "/routing_rules/confidence_threshold": {"min": 0.6, "max": 0.8},
            },
        }
    )
    assert dial.values == (0.6, 0.7, 0.8)
    assert dial.changes(0.6) == {"/routing_confidence_threshold": 0.6, "/routing_rules/confidence_threshold": 0.6}


def test_toward__the_nearest_on_that_side() -> None:
    dials, _ = dials_of(CLAY)
    delay, threshold = (
        next(dial for dial in dials if dial.pointer == pointer) for pointer in list(CLAY["tunable"])[1::-1]
    )
    assert (delay.toward(200), delay.toward(0), delay.toward(2000)) == (190, 100, 1000)
    assert threshold.toward(0.65) == 0.65
    assert threshold.index_of(0.70) == 4
    assert threshold.index_of(0.71) is None
    greeting = next(dial for dial in dials if dial.pointer == "/greeting")
    assert greeting.toward(1) is MISSING
