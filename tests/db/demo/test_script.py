from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tarsweb.demo.edits import edited
from tarsweb.demo.moments import BadMoment, dated, moment
from tarsweb.demo.script import Step, steps
from tarsweb.demo.worlds import World, load
from tests.db.demo.conftest import END

ENDS = [END, datetime(2027, 1, 1, 0, 0, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("day 90 09:30", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("day 1 00:00", datetime(2026, 8, 23, tzinfo=UTC)),
        ("ago 1d 4h", END - timedelta(days=1, hours=4)),
        ("in 20h", END + timedelta(hours=20)),
    ],
)
def test_moment__each_form__is_relative_to_the_end(text: str, meant: datetime) -> None:
    assert moment(text, end=END, days=90) == meant


def test_moment__after_a_step__adds() -> None:
    assert moment("+2h30m", end=END, days=90, before=ENDS[1]) == ENDS[1] + timedelta(hours=2, minutes=30)


@pytest.mark.parametrize("text", ["", "day 31", "ago", "ago soon", "+2h", "in 3 weeks", "tomorrow"])
def test_moment__nonsense__is_refused(text: str) -> None:
    with pytest.raises(BadMoment):
        moment(text, end=END, days=90)


def test_dated__days_in_text__become_dates() -> None:
    assert dated("dream-{day 30}-03:00", end=END, days=90) == "dream-2026-09-21-03:00"


def test_edited__all_four_changes__leave_the_old_document_alone() -> None:
    old = {"a": 1, "items": ["x", "y"], "deep": {"n": 1}}
    changes = {
        "set": {"/deep/n": 2, "/new/m": 3},
        "unset": ["/a", "/gone"],
        "add": {"/items": ["z", "x"], "/fresh": ["q"]},
        "remove": {"/items": ["y"]},
    }
    assert edited(old, changes) == {"items": ["x", "z"], "deep": {"n": 2}, "new": {"m": 3}, "fresh": ["q"]}
    assert old == {"a": 1, "items": ["x", "y"], "deep": {"n": 1}}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("number", [0, 1])
def test_steps__any_end__same_story_in_order_and_each_with_a_moment_of_its_own(end: datetime, number: int) -> None:
    world = load()[number]
    script = steps(world, end=end)
    assert script == steps(world, end=end)
    assert told_of(script) == told_of(steps(world, end=END))
    assert [step.at for step in script] == sorted({step.at for step in script})
    assert end - timedelta(days=world.before + world.days) < script[0].at
    assert script[-1].at <= end


def told_of(script: Sequence[Step]) -> set[str]:
    """What is asked follows the office hours of the day, whatever the story does."""
    return {step.key for step in script if step.verb != "work"}


@pytest.mark.parametrize("hour", range(24))
def test_steps__any_hour__same_order_on_each_system(hour: int) -> None:
    """So what was played for one hour fits at every other: nothing overtakes an open proposal by accident."""
    for world in load():
        assert order(world, END.replace(hour=hour)) == order(world, END)


def order(world: World, end: datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in steps(world, end=end):
        if step.verb != "work":
            found.setdefault(step.system, []).append(step.key)
    return found


def test_steps__somebody_unknown__is_refused() -> None:
    world = load()[0]
    told = {"id": "x", "amend": "tars", "when": "day 3", "by": "nobody", "evidence": {}}
    with pytest.raises(KeyError):
        steps(replace(world, story=(told,)), end=END)


def test_steps__after_the_end__is_refused() -> None:
    world = load()[0]
    told = {"id": "x", "amend": "tars", "when": "in 2h", "by": "preston", "evidence": {}}
    with pytest.raises(ValueError, match="after the end"):
        steps(replace(world, story=(told,)), end=END)
