"""The track of a request, for the eye."""

from __future__ import annotations

from typing import Any

import pytest

from routing.executions.track import mark_of, points_of, story_of


def steps(*found: str | tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    rows = [(one, {}) if isinstance(one, str) else one for one in found]
    return [{"at": "2026-11-28T10:00:00+00:00", "step": name, "sentence": "So.", **more} for name, more in rows]


def states(stage: str, status: str, *found: Any) -> dict[str, str]:
    return {point.name: point.state for point in points_of(stage=stage, status=status, steps=steps(*found))}


FOUND = ("routed", {"system": "payroll"})
ASKED = ("approval", {"outcome": "asked"})


@pytest.mark.parametrize(
    ("stage", "now"),
    [("received", "found"), ("routed", "allowed"), ("ready", "funded"), ("calling", "worked"), ("answered", "ended")],
)
def test_under_way__one_point_is_now__those_before_are_done(stage: str, now: str) -> None:
    found = states(stage, "", "received")
    assert [name for name, state in found.items() if state == "now"] == [now]
    assert list(found.values()) == sorted(found.values(), key=["done", "now", "open"].index)
    assert "approved" not in found


def test_approval__is_a_point_only_where_somebody_was_asked() -> None:
    assert states("awaiting_approval", "", "received", FOUND, ASKED)["approved"] == "now"
    assert "approved" not in states("done", "success", "received", FOUND, "called")


@pytest.mark.parametrize(
    ("found", "broke"),
    [
        (("received", "routed"), "found"),
        (("received", FOUND, ("verdict", {"outcome": "deny"})), "allowed"),
        (
            (
                "received",
                FOUND,
                ("verdict", {"outcome": "require_approval"}),
                ASKED,
                ("approval", {"outcome": "rejected"}),
            ),
            "approved",
        ),
        (("received", FOUND, ("verdict", {"outcome": "permit"})), "funded"),
        (("received", FOUND, ("verdict", {"outcome": "permit"}), "reserved", "called", "settled"), "worked"),
        (("received", "cancelled"), "found"),
    ],
)
def test_over_and_come_to_nothing__the_point_where_it_broke_off(found: Any, broke: str) -> None:
    shown = states("done", "failed", *found, "receipt")
    assert [name for name, state in shown.items() if state == "bad"] == [broke]
    assert shown["ended"] == "done", "its receipt is written all the same"


def test_blocked_by_the_rules_before_anybody_was_chosen__broke_off_at_the_rules() -> None:
    shown = states("done", "governance_blocked", "received", "routed", "receipt")
    assert [name for name, state in shown.items() if state == "bad"] == ["allowed"]


def test_done__everything_is_done() -> None:
    assert set(states("done", "partial", "received", FOUND, "called").values()) == {"done"}


def test_mark__the_status_goes_before_the_stage() -> None:
    assert mark_of(stage="done", status="timeout").word == "Ran out of time"
    assert mark_of(stage="calling", status="").word == "Working"


def test_story__tones_and_words_also_of_a_step_nobody_knows() -> None:
    told = story_of(
        steps("received", ("verdict", {"outcome": "deny"}), ("approval", {"outcome": "approved"}), "a_new_one")
    )
    assert [(one.word, one.tone) for one in told] == [
        ("Asked", ""),
        ("Rules", "bad"),
        ("Approval", "good"),
        ("A new one", ""),
    ]
