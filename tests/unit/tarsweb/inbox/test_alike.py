from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.amendments.queries.alike import steps_of
from tarsweb.inbox.alike import MOST, Candidate, alone_because, lanes, sorted_out

ONE = Candidate("AMD-1", "memvid", "sha256:1", "governance_tightening", "ordinary", "tightens", ("step",))


def like(number: int, **other: Any) -> Candidate:
    return replace(ONE, label=f"AMD-{number}", system=f"system-{number}", **other)


def test_lanes__two_alike__one_lane() -> None:
    (lane,) = lanes([ONE, like(2)])
    assert [member.label for member in lane.members] == ["AMD-1", "AMD-2"]
    assert lane.first is ONE


def test_lanes__one_alone__no_lane() -> None:
    assert lanes([ONE]) == lanes([]) == ()


@pytest.mark.parametrize(
    "other",
    [{"type": "manual_update"}, {"effect": "neutral"}, {"steps": ("another",)}, {"steps": ("step", "another")}],
)
def test_lanes__unlike__no_lane(other: dict[str, Any]) -> None:
    assert lanes([ONE, like(2, **other)]) == ()


HARMFUL: list[tuple[dict[str, Any], str]] = [
    ({"effect": "expands"}, "more room"),
    ({"effect": "unclassified"}, "more room"),
    ({"basis": "compliance"}, "basis"),
    ({"basis": "security_patch"}, "basis"),
    ({"is_stale": True}, "moved"),
    ({"is_overdue": True}, "overdue"),
    ({"comments": 1}, "an open comment"),
    ({"comments": 2}, "2 open comments"),
    ({"rivals": ("AMD-9",)}, "AMD-9 asks"),
    ({"is_low_risk": False}, "risk"),
    ({"steps": ()}, "compared"),
]


@pytest.mark.parametrize(("other", "word"), HARMFUL)
def test_alone__each_reason__keeps_it_out_of_every_lane(other: dict[str, Any], word: str) -> None:
    assert word in alone_because(like(2, **other))
    assert lanes([like(2, **other), like(3, **other)]) == ()


def test_lanes__largest_first_and_never_longer_than_the_limit() -> None:
    many = [like(number) for number in range(1, MOST + 6)]
    few = [like(number, steps=("x",)) for number in (900, 901)]
    large, small = lanes([*few, *many])
    assert (len(large), len(small)) == (MOST, 2)


def test_sorted_out__the_unlike_fall_out_with_a_reason() -> None:
    stale, odd = like(2, is_stale=True), like(4, steps=("x",))
    together, apart = sorted_out([stale, ONE, like(3), odd])
    assert [one.label for one in together] == ["AMD-1", "AMD-3"]
    assert [(one.candidate.label, one.because) for one in apart] == [
        ("AMD-2", "what it rests on moved"),
        ("AMD-4", "it is unlike AMD-1"),
    ]


def test_sorted_out__more_than_the_limit__the_rest_falls_out() -> None:
    together, apart = sorted_out([like(number) for number in range(1, MOST + 3)])
    assert (len(together), len(apart)) == (MOST, 2)


def field(old: Any, new: Any, change: Any = "changed") -> dict[str, Any]:
    return {"old": old, "new": new, "change": change}


def test_steps__same_new_item_in_different_lists__the_same() -> None:
    one = steps_of({"requires_approval": field(["audit"], ["audit", "delete"])})
    other = steps_of({"requires_approval": field(["upload", "pay"], ["upload", "pay", "delete"])})
    assert one == other
    assert len(one) == 1


def test_steps__other_values__differ() -> None:
    assert steps_of({"latency_target_ms": field(500, 400)}) != steps_of({"latency_target_ms": field(600, 400)})
    assert steps_of({"latency_target_ms": field(500, 400)}) != steps_of({"fallback_delay_ms": field(500, 400)})


def test_steps__null_is_not_absent() -> None:
    assert steps_of({"x": field(None, 1, "added")}) != steps_of({"x": field(None, 1)})
