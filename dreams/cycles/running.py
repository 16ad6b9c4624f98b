"""The night itself: a job that asks the agents in dream mode, a block of requests at a time, and looks after each.

INVARIANTS: each block's runs are kept in one transaction, so that a killed night goes on where it was; a run is kept once for
each request and side; nothing outside the night's own tables is written but its hold and its entries on the ledger. The order
of the sides of a request is drawn by the plan's seed, so that a warm cache favours nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from dreams.cycles import beginning, judging, keeping, promoting, stops
from dreams.cycles.beginning import Night
from dreams.cycles.likeness import Likeness
from dreams.cycles.models import DreamCycle
from dreams.cycles.planning import ATTEMPTS, KIND
from dreams.cycles.stops import Stop, Stopped
from dreams.cycles.trials import NORMAL, Run, Trials
from dreams.cycles.window import path_of
from dreams.verdict.judging import judge
from dreams.verdict.rules import Next
from governance.jobs import actions as jobs
from governance.jobs.handlers import Cancelled
from governance.jobs.handlers import Run as Attempt
from governance.tenancy import in_tenant
from routing.rehearsal.reading import requests_by_id
from routing.rehearsal.running import rehearse
from routing.rehearsal.shapes import Recorded
from routing.rehearsal.stage import Stage, staged
from routing.router.serving import embedder_of

A_PART: Final = 900.0
"""Seconds of one job; a longer night goes on in the next."""
Clock = Callable[[], datetime]


class PartOver(Exception):
    """This job has worked long enough; the next one goes on."""


def handle(attempt: Attempt) -> dict[str, Any]:
    """One part of a night, from its beginning or from where the last part ended or was killed."""
    return work(attempt, clock=timezone.now)


def work(attempt: Attempt, *, clock: Clock, seconds: float = A_PART) -> dict[str, Any]:
    """The same with a clock, for at most so many seconds."""
    scope, cycle_id = attempt.scope, UUID(attempt.payload["cycle"])
    night = beginning.begin(scope=scope, cycle_id=cycle_id, at=clock())
    if night is not None:
        try:
            stop = night.stop or _asked(night, attempt, clock=clock, ends=time.monotonic() + seconds)
        except PartOver:
            return _goes_on(night, attempt, at=clock())
        judging.end(scope=scope, night=night, stop=stop, at=clock())
    promoting.promote(scope=scope, cycle_id=cycle_id, at=clock())
    return {"url": path_of(_name(attempt, cycle_id)), "label": "Read what the night found"}


def _asked(night: Night, attempt: Attempt, *, clock: Clock, ends: float) -> Stop | None:
    """Ask until the plan is done; why it was not, else None."""
    going = Going.of(night, attempt, clock=clock, ends=ends)
    try:
        going.whole()
    except Stopped as found:
        return found.stop
    except Cancelled:
        return stops.PERSON
    return None


@dataclass(slots=True)
class Going:
    """A night on its way. `dearest`: what a request cost at most on one side so far."""

    night: Night
    attempt: Attempt
    clock: Clock
    ends: float
    trials: Trials
    stage: Stage
    recorded: Mapping[str, Recorded]
    likeness: Likeness
    spent: Decimal
    dearest: Decimal = Decimal(0)
    _looked: dict[int, Next] = field(default_factory=dict)

    @classmethod
    def of(cls, night: Night, attempt: Attempt, *, clock: Clock, ends: float) -> Going:
        written, scope = night.written, night.scope
        keys = [key for part in written.requests.values() for key in part]
        with in_tenant(scope.tenant_id):
            recorded = {one.key: one for one in requests_by_id(scope=scope, ids=keys)}
            spent = DreamCycle.objects.values_list("spent_usd", flat=True).get(id=night.cycle_id)
        documents = {
            name_of(number): one.applied(dict(night.document)) for number, one in enumerate(written.candidates)
        }
        stage = staged(scope=scope, system=written.system, documents={name_of(NORMAL): None, **documents}, at=clock())
        # A router's night asks who should get a request; any other's, how its own system does it.
        is_router = stage.laws[name_of(NORMAL)].law.router == written.system
        return cls(
            night=night,
            attempt=attempt,
            clock=clock,
            ends=ends,
            trials=keeping.trials_of(night),
            stage=stage,
            recorded=recorded
            if is_router
            else {key: replace(one, system=written.system) for key, one in recorded.items()},
            likeness=Likeness(embedder_of(tenant_id=scope.tenant_id)),
            spent=spent,
        )

    def whole(self) -> None:
        """The seen part for everybody, then the held-out part for those whom the seen part lets through."""
        everybody = range(len(self.night.written.candidates))
        self.part(everybody, Next.SEEN_PAIRS, is_held_out=False, finalists=None)
        finalists = [number for number in everybody if self.look(number, None) is Next.HELD_OUT_PAIRS]
        self.part(finalists, Next.HELD_OUT_PAIRS, is_held_out=True, finalists=len(finalists) or None)

    def part(self, numbers: Sequence[int], wanted: Next, *, is_held_out: bool, finalists: int | None) -> None:
        """Ask one half, a block at a time; who wants no more is asked no more."""
        for keys in self._blocks(is_held_out=is_held_out):
            going = [number for number in numbers if self.look(number, finalists) is wanted]
            if not going:
                return
            self._block(keys, going)

    def look(self, number: int, finalists: int | None) -> Next:
        """What the plan says of a candidate now. Once it is to stop, it stops."""
        if self._looked.get(number) is not Next.STOP:
            written, observed = self.night.written, self.trials.observed(number)
            is_worded = written.candidates[number].is_worded
            self._looked[number] = judge(written.plan, observed, finalists=finalists, is_worded=is_worded).next
        return self._looked[number]

    def _blocks(self, *, is_held_out: bool) -> Iterator[Sequence[str]]:
        keys = [key for key in self.night.written.in_order(is_held_out=is_held_out) if key in self.recorded]
        size = self.night.written.plan.look_every
        return (keys[first : first + size] for first in range(0, len(keys), size))

    def _block(self, keys: Sequence[str], going: Sequence[int]) -> None:
        runs: list[Run] = []
        names = [name_of(side) for side in (NORMAL, *going)]
        self.stage.prepare([self.recorded[key] for key in keys], names=names)
        try:
            for key in keys:
                sides = [side for side in self._sides(key, going) if not self.trials.has(key, side)]
                if sides:
                    self._check(key, sides)
                    runs += self._request(key, sides)
        finally:
            if runs:
                keeping.keep(self.night, runs, at=self.clock())
                self.trials.add(runs)
        self._tell()

    def _sides(self, key: str, going: Sequence[int]) -> list[int]:
        plan = self.night.written.plan
        return sorted([NORMAL, *going], key=lambda side: plan.rank(f"{key}\0{side}"))

    def _request(self, key: str, sides: Sequence[int]) -> list[Run]:
        """One request on each of these sides, in their order."""
        recorded, part = self.recorded[key], self.night.written.part_of()[key]
        found = {side: self._run(recorded, side) for side in sides}
        normal = found.get(NORMAL) or self.trials.normal(key)
        return [
            Run(
                key=key,
                side=side,
                part=part,
                kind=recorded.kind,
                ran=ran,
                similarity=None if side == NORMAL or normal is None else self.likeness.of(normal, ran),
            )
            for side, ran in found.items()
        ]

    def _run(self, recorded: Recorded, side: int) -> Any:
        ran = rehearse(
            stage=self.stage,
            side=name_of(side),
            recorded=recorded,
            attempt_key=f"{self.night.name}/{recorded.key}/{side}",
            deadline=self.night.written.deadline_at,
            clock=self.clock,
        )
        cost = ran.cost_usd or Decimal(0)
        self.spent, self.dearest = self.spent + cost, max(self.dearest, cost)
        return ran

    def _cost(self, key: str) -> Decimal:
        """What one side of a request will probably cost: what it cost when it was recorded, or the dearest seen here."""
        then = self.recorded[key].was.get("cost_usd")
        return max(self.dearest, Decimal(then)) if then is not None else self.dearest

    def _check(self, key: str, sides: Sequence[int]) -> None:
        if time.monotonic() >= self.ends:
            raise PartOver
        with in_tenant(self.night.scope.tenant_id):
            stop = stops.found(
                scope=self.night.scope,
                system_id=self.night.system_id,
                written=self.night.written,
                cap=self.night.cap,
                spent=self.spent,
                cost_of_next=self._cost(key) * len(sides),
                at=self.clock(),
            )
        if stop is not None:
            raise Stopped(stop)

    def _tell(self) -> None:
        self.attempt.progress(self.trials.count, self.night.written.most_runs, f"{self.night.name}: requests asked")


def name_of(side: int) -> str:
    """How the rehearsal calls a side."""
    return "normal" if side == NORMAL else f"dream-{side}"


def _goes_on(night: Night, attempt: Attempt, *, at: datetime) -> dict[str, Any]:
    """Queue the next part."""
    part = int(attempt.payload["part"]) + 1
    with in_tenant(night.scope.tenant_id, durable=True):
        jobs.start(
            scope=night.scope,
            kind=KIND,
            key=f"dream/{night.cycle_id}/{part}",
            title=f"{night.name} of {night.written.system}, part {part}",
            payload={"cycle": str(night.cycle_id), "part": part},
            at=at,
            max_attempts=ATTEMPTS,
        )
    return {"part": part}


def _name(attempt: Attempt, cycle_id: UUID) -> str:
    with in_tenant(attempt.scope.tenant_id):
        return str(DreamCycle.objects.values_list("cycle_id", flat=True).get(id=cycle_id))
