"""A world's story as the list of steps to play, in the order of their moments. Pure: the same end gives the same steps.

No two steps share a moment, so a moment names its step (`play` asks the ledger which moments it holds).
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from tarsweb.demo.moments import dated, moment
from tarsweb.demo.rhythm import moments
from tarsweb.demo.worlds import World

LONGEST_WORK = timedelta(seconds=75)
"""Nobody asks so shortly before the next step, so that what was asked has ended by then."""
_WHOLE_DAY = re.compile(r"day \d{1,3}")
_CHANGES = ("set", "unset", "add", "remove")


@dataclass(frozen=True, slots=True)
class Step:
    """One verb at one moment. `of` is the moment at which the amendment it is about was proposed."""

    key: str
    at: datetime
    day: int
    verb: str
    by: str
    system: str = ""
    of: datetime | None = None
    args: Mapping[str, Any] = field(default_factory=dict)


def steps(world: World, *, end: datetime) -> tuple[Step, ...]:
    """Every step up to `end`, in order. Raises `BadMoment`, `KeyError` and `ValueError` for a story with a mistake."""
    told = sorted((step for told in world.story for step in _told(world, told, end=end)), key=lambda step: step.at)
    found = sorted((*told, *_work(world, told, end=end)), key=lambda step: step.at)
    for one, other in pairwise(found):
        if one.at == other.at:
            raise ValueError(f"{one.key} and {other.key} happen at the same moment.")
    if found and found[-1].at > end:
        raise ValueError(f"{found[-1].key} happens after the end of the story.")
    return tuple(found)


def _work(world: World, told: Sequence[Step], *, end: datetime) -> Iterator[Step]:
    """What was asked between the steps of the story, day by day: so that each request meets the constitutions of its moment."""
    if not world.work:
        return
    first = end - timedelta(days=world.work["days"])
    midnights = [datetime.combine(first.date(), time(), UTC) + timedelta(days=n) for n in range(world.work["days"] + 2)]
    marks = sorted({end, *(step.at for step in told if step.at > first), *(one for one in midnights if one < end)})
    asked: dict[datetime, list[datetime]] = {}
    for asked_at in moments(world.work, key=world.key, end=end, size=world.size):
        mark = marks[bisect_right(marks, asked_at)]
        if asked_at < mark - LONGEST_WORK:
            asked.setdefault(mark, []).append(asked_at)
    for mark, found in asked.items():
        # before the next step, after everything that is done here; with microseconds of its own
        at = mark - timedelta(seconds=1, microseconds=len(found))
        day = world.days - (end.date() - at.date()).days
        yield Step(f"work.{at:%m%d%H%M%S}", at, day, "work", "tars", args={"moments": tuple(found)})


def _told(world: World, told: Mapping[str, Any], *, end: datetime) -> Iterator[Step]:
    chance = random.Random(f"{world.key}/{told['id']}")

    def when(text: str, before: datetime | None = None) -> datetime:
        hour = chance.randint(2, 4) if told["by"] == "tars" else chance.randint(8, 15)
        whole = f"{text} {hour:02}:{chance.randint(0, 59):02}" if _WHOLE_DAY.fullmatch(text) else text
        # Seconds and microseconds of their own keep the moments apart.
        detail = timedelta(seconds=chance.randint(1, 49), microseconds=chance.randint(1, 999_999))
        return moment(whole, end=end, days=world.days, before=before) + (detail if before is None else timedelta())

    def step(number: int, verb: str, by: str, at: datetime, **args: Any) -> Step:
        if by != "tars":
            world.person(by)
        day = world.days - (end.date() - at.date()).days
        key = f"{told['id']}.{number}"
        of = opened if "amend" in told else None
        return Step(key, at, day, verb, by, told.get("amend", told.get("system", "")), of, args)

    opened = at = when(told["when"])
    if "amend" not in told:
        yield step(0, told["do"], told["by"], at, **_times(told, end=end, world=world))
        return
    verb, proposed = ("import_law", {"law": told["law"]}) if "law" in told else ("propose", {})
    yield step(0, verb, told["by"], at, **_proposal(told, end=end, world=world), **proposed)
    for number, act in enumerate(_acts(told, chance), start=1):
        at = when(act["when"], at) + timedelta(seconds=chance.randint(1, 59), microseconds=number)
        yield step(number, act["do"], act["by"], at, **_times(act, end=end, world=world))


def _acts(told: Mapping[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """What follows the proposal: `yes` are plain approvals with delays of their own, `then` says everything."""
    is_dream = told["by"] == "tars"
    for number, by in enumerate(told.get("yes", ())):
        hours = chance.randint(5, 8) if is_dream and not number else chance.randint(1, 5)
        yield {"do": "approve", "by": by, "when": f"+{hours}h{chance.randint(0, 59)}m"}
    yield from told.get("then", ())


def _proposal(told: Mapping[str, Any], *, end: datetime, world: World) -> dict[str, Any]:
    return {
        "type": told.get("type", "manual_update"),
        "basis": told.get("basis", "ordinary"),
        "changes": {name: told[name] for name in _CHANGES if name in told},
        "is_draft": told.get("draft", False),
        "files": told.get("files", {}),
        "effective_at": _later(told.get("effective"), end=end, world=world),
        "expires_at": _later(told.get("expires"), end=end, world=world),
        "evidence": {
            name: dated(value, end=end, days=world.days) if isinstance(value, str) else value
            for name, value in told["evidence"].items()
        },
    }


def _times(told: Mapping[str, Any], *, end: datetime, world: World) -> dict[str, Any]:
    """A verb's arguments: whatever is told beside who, when and what; names in `_at` are moments."""
    rest = {name: value for name, value in told.items() if name not in ("id", "do", "by", "when", "amend", "system")}
    changes = {name: rest.pop(name) for name in _CHANGES if name in rest}
    if changes:
        rest["changes"] = changes
    return {
        name: _later(value, end=end, world=world) if name.endswith("_at") else value for name, value in rest.items()
    }


def _later(text: str | None, *, end: datetime, world: World) -> datetime | None:
    return None if text is None else moment(text, end=end, days=world.days)
