"""The plan before the night: what is tried, on what, by which rules; on the ledger before the first run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from dreams.cycles import drafting, signals
from dreams.cycles.choices import WINDOW_HOURS, Aim, Chosen
from dreams.cycles.models import Dream, DreamCycle, DreamWish, State
from dreams.cycles.plans import Writing, Written
from dreams.cycles.sampling import LEAST_PAIRS, NotDreamable, drawn, sampled
from dreams.cycles.settings import EVENT, chosen
from dreams.cycles.window import cycle_id
from dreams.guardrails.watching import watched_by
from dreams.mutate.candidate import Candidate
from dreams.mutate.choosing import Chosen as Candidates
from dreams.mutate.choosing import Refused, Wish, candidates_of
from dreams.mutate.dials import Stuck
from dreams.mutate.writing import Drafts, places_of
from dreams.verdict.plan import Plan
from governance import canonical
from governance.drift.queries import suspension
from governance.errors import Invalid, NotFound
from governance.estop import queries as estop
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import Status, System
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant

KIND: Final = "dreams.night"
ATTEMPTS: Final = 5
SEEDS: Final = range(2**32)
"""What the optimiser takes."""


@dataclass(frozen=True, slots=True)
class Night:
    """When, by what, and with which seed a cycle runs."""

    starts_at: datetime
    deadline_at: datetime
    chosen: Chosen
    aim: Aim
    seed: int


def plan(
    *,
    scope: Scope,
    system_name: str,
    at: datetime,
    starts_at: datetime | None = None,
    hours: int | None = None,
    seed: int | None = None,
    patience: float = drafting.BY_HAND,
) -> DreamCycle:
    """Let a model write what it may, then write a cycle's plan and queue its night. `starts_at`: now where it is not given;
    `hours`: how long it may last, the tenant's choice where it is not given; `seed` draws the same on the same past, but for
    a model's words; `patience`: seconds that the model may take in all. Without its words the plan goes on and says so.

    Raises `NotAllowed`, `NotFound`, `Invalid`, `NotDreamable` with the reason: nothing tunable, too few recorded requests, held
    by drift or a stop, a night that is not over yet."""
    drafts = _drafts(scope, system_name, seconds=patience, at=at)
    return _planned(
        scope=scope, system_name=system_name, at=at, starts_at=starts_at, hours=hours, seed=seed, drafts=drafts
    )


@governed("dreams.plan", subject="system_name")
def _planned(
    *,
    scope: Scope,
    system_name: str,
    at: datetime,
    starts_at: datetime | None,
    hours: int | None,
    seed: int | None,
    drafts: Drafts,
) -> DreamCycle:
    """The verb itself: one transaction, and nobody outside is asked in it."""
    scope.demand(Capability.PROPOSE, to="plan a night")
    if seed is not None and seed not in SEEDS:
        raise Invalid("A seed is a whole number.", problems=(("/seed", f"is 0 to {SEEDS.stop - 1}"),))
    if hours is not None and hours not in WINDOW_HOURS:
        raise Invalid("A night lasts some hours.", problems=(("/hours", "is 1 to 12"),))
    system = System.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, name=system_name).first()
    if system is None:
        raise NotFound(f"There is no system called {system_name}.")
    if why := why_not(scope=scope, system=system):
        raise NotDreamable(why)
    starts_at = _free_minute(scope, max(starts_at or at, at))
    choice = chosen(scope=scope)
    night = Night(
        starts_at=starts_at,
        deadline_at=starts_at + timedelta(hours=hours or choice.window_hours),
        chosen=choice,
        aim=choice.aim_of(system.id),
        seed=_seed(system, starts_at) if seed is None else seed,
    )
    written, wishes = _written(scope, system, night, drafts.on(system.constitution), at=at)
    cycle = _kept(scope, system, written, at=at)
    dreams = _dreams(cycle, system, written)
    Dream.objects.bulk_create(dreams)
    _settle_wishes(wishes, dreams, written)
    jobs.start(
        scope=tars_scope(scope.tenant_id),
        kind=KIND,
        key=f"dream/{cycle.id}/1",
        title=f"{cycle.cycle_id} of {system.name}",
        payload={"cycle": str(cycle.id), "part": 1},
        at=at,
        due_at=starts_at,
        max_attempts=ATTEMPTS,
    )
    _record(scope, cycle, system, written, at=at)
    return cycle


def why_not(*, scope: Scope, system: System) -> str:
    """Why no night of a system may begin now, as a sentence; "" when one may. Three queries."""
    if system.status != Status.ACTIVE:
        return f"{system.name} is {system.status}, and only active systems are dreamed of."
    if why := suspension(scope, system.id):
        return f"{system.name} is not dreamed of. {why}"
    if stop := estop.active(tenant_id=scope.tenant_id, system_id=system.id):
        return f"The emergency stop is pressed: {stop.reason}"
    open = DreamCycle.objects.filter(
        tenant_id=scope.tenant_id, system_id=system.id, state__in=[State.PLANNED.value, State.RUNNING.value]
    ).first()
    return f"{open.cycle_id} of {system.name} is not over yet." if open else ""


def _drafts(scope: Scope, system_name: str, *, seconds: float, at: datetime) -> Drafts:
    """What a model writes for the night, asked outside any transaction; nothing where the verb would refuse the night anyhow."""
    with in_tenant(scope.tenant_id):
        system = System.objects.filter(tenant_id=scope.tenant_id, name=system_name).first()
        places = places_of(system.constitution) if system else ()
        if system is None or not places or not _may_be(scope, system, at=at):
            return Drafts()
        barred = signals.barred(scope=scope, system_id=system.id)
    return drafting.written(places, barred=barred, seconds=seconds)


def _may_be(scope: Scope, system: System, *, at: datetime) -> bool:
    """Whether a night may be planned, as far as is known before: nobody waits, or pays, for words that are not tried."""
    if scope.why_not(Capability.PROPOSE, to="plan a night") or why_not(scope=scope, system=system):
        return False
    choice, watched = chosen(scope=scope), watched_by(scope=scope, system_id=system.id)
    aim = choice.aim_of(system.id)
    try:
        drawn(scope=scope, system=system, is_router=watched.is_router, aim=aim, alpha=choice.alpha, seed=0, at=at)
    except NotDreamable:
        return False
    return True


def _written(
    scope: Scope, system: System, night: Night, drafts: Drafts, *, at: datetime
) -> tuple[Written, tuple[DreamWish, ...]]:
    watched = watched_by(scope=scope, system_id=system.id)
    known = signals.signals(scope=scope, watched=watched, document=system.constitution, at=at)
    tried = candidates_of(
        system.constitution,
        seed=night.seed,
        most=night.chosen.most_candidates,
        wishes=[Wish(one.changes, one.sentence) for one in known.wishes],
        telemetry=known.telemetry,
        ratings=known.ratings,
        drafts=drafts.texts,
        history=known.history,
        barred=known.barred,
    )
    stuck = (*tried.stuck, *drafts.unwritten)
    if len(tried.candidates) < 2:
        raise NotDreamable(_nothing_to_try(system, tried, stuck))
    sample = sampled(
        scope=scope,
        system=system,
        is_router=watched.is_router,
        aim=night.aim,
        alpha=night.chosen.alpha,
        seed=night.seed,
        at=at,
    )
    return Written(
        cycle_id=cycle_id(night.starts_at),
        system=system.name,
        base_version=system.constitution_version,
        base_digest=canonical.digest(system.constitution),
        plan=_plan(night, family=len(tried.candidates), seen=sample.seen, held_out=sample.held_out),
        candidates=tried.candidates,
        requests=sample.parts,
        budget_usd=night.chosen.budget_usd,
        starts_at=night.starts_at,
        deadline_at=night.deadline_at,
        refused=tried.refused,
        stuck=stuck,
        left_out=sample.left_out,
        writing=Writing(drafts.model, len(drafts.texts), drafts.tokens_in, drafts.tokens_out) if drafts.model else None,
    ), known.wishes


def _plan(night: Night, *, family: int, seen: int, held_out: int) -> Plan:
    return Plan.usual(
        night.aim.primary,
        planned_effect=night.aim.planned_effect,
        minimum_effect=night.aim.minimum_effect,
        seed=night.seed,
        family=family,
        alpha=night.chosen.alpha,
        pairs_seen=seen,
        pairs_held_out=held_out,
        minimum_pairs=LEAST_PAIRS,
    )


def _nothing_to_try(system: System, tried: Candidates, stuck: Sequence[Stuck]) -> str:
    if stuck:
        return f"Nothing of {system.name} can be tried: {stuck[0].pointer}: {stuck[0].sentence}"
    if tried.refused:
        return f"Nothing of {system.name} can be tried: {tried.refused[0].why}"
    return f"The constitution of {system.name} declares nothing tunable, or everything in its bounds is barred."


def _kept(scope: Scope, system: System, written: Written, *, at: datetime) -> DreamCycle:
    stored = written.stored
    cycle = DreamCycle(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        system=system,
        cycle_id=written.cycle_id,
        plan=stored,
        plan_digest=canonical.digest_bytes(stored),
        planned_at=at,
        planned_by=scope.actor.name,
        starts_at=written.starts_at,
        deadline_at=written.deadline_at,
        most_runs=written.most_runs,
    )
    try:
        with transaction.atomic():
            cycle.save(force_insert=True)
    except IntegrityError:
        raise NotDreamable("Another night was planned at this moment. Plan it again.") from None
    return cycle


def _dreams(cycle: DreamCycle, system: System, written: Written) -> list[Dream]:
    test = {
        "requests": {part.value: len(keys) for part, keys in written.requests.items()},
        "constitution": {"version": written.base_version, "digest": written.base_digest},
    }
    return [
        Dream(
            id=new_id(cycle.planned_at),
            tenant_id=cycle.tenant_id,
            system=system,
            system_name=system.name,
            cycle_id=cycle.cycle_id,
            night=cycle,
            mutations=dict(one.changes),
            test_input=test,
            dreamed_at=written.starts_at,
            number=number,
            origin=one.origin.value,
            sentence=one.sentence,
            said=_said(one, system),
            seed=one.seed,
            digest=one.digest,
            written_by=one.written_by,
        )
        for number, one in enumerate(written.candidates)
    ]


def _said(one: Candidate, system: System) -> str:
    return "Nothing changes." if one.is_dummy else one.said(system.constitution)


def _settle_wishes(wishes: Sequence[DreamWish], dreams: Sequence[Dream], written: Written) -> None:
    """Each wish that was taken names its dream, and one that was refused says why."""
    by_digest = {one.digest: one for one in dreams}
    refused = {_digest(one): one.why for one in written.refused}
    for wish in wishes:
        key = canonical.digest(dict(wish.changes))
        wish.dream, wish.refused_because = by_digest.get(key), refused.get(key, "")
        if wish.dream or wish.refused_because:
            wish.save(update_fields=["dream", "refused_because"])


def _digest(one: Refused) -> str:
    return canonical.digest(dict(one.changes))


def _record(scope: Scope, cycle: DreamCycle, system: System, written: Written, *, at: datetime) -> None:
    count, pairs = len(written.candidates) - 1, sum(len(keys) for keys in written.requests.values())
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.plan",
            "subject": system.name,
            "cycle": cycle.cycle_id,
            "plan_digest": cycle.plan_digest,
            "candidates": count,
            "requests": pairs,
            "budget_usd": str(written.budget_usd),
            "primary": written.plan.primary.value,
            "alpha": str(written.plan.alpha),
            **_writing(written),
        },
        explanation=f"{cycle.cycle_id}: {count} changes of {system.name} and a dummy will be tried on {pairs} recorded requests."
        + (f" {written.writing.model} was asked for other words." if written.writing else ""),
        rules_applied=["dreams"],
    )


def _writing(written: Written) -> dict[str, str | int]:
    """What the ledger says of a model that was asked: its name, how many texts came, and the tokens that were counted."""
    if (one := written.writing) is None:
        return {}
    counted = {"tokens_in": one.tokens_in, "tokens_out": one.tokens_out}
    found: dict[str, str | int] = {"writer": one.model, "texts": one.texts}
    return found | {name: value for name, value in counted.items() if value is not None}


def _seed(system: System, starts_at: datetime) -> int:
    return int.from_bytes(hashlib.sha256(f"{system.id}\0{starts_at.isoformat()}".encode()).digest()[:4])


def _free_minute(scope: Scope, wanted: datetime) -> datetime:
    """The first minute from then on that names no other cycle of the tenant: nights of several systems follow each other."""
    starts = wanted.replace(second=0, microsecond=0)
    if starts < wanted:
        starts = wanted
    taken = set(
        DreamCycle.objects.filter(tenant_id=scope.tenant_id, starts_at__gte=starts - timedelta(minutes=1)).values_list(
            "cycle_id", flat=True
        )
    )
    while cycle_id(starts) in taken:
        starts += timedelta(minutes=1)
    return starts
