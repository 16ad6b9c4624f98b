"""A night's end: every candidate's verdict, once, with the numbers it rests on; the money settled; one entry on the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from billing.budgets import holds
from billing.budgets.errors import HoldClosed
from billing.budgets.kinds import USD
from billing.budgets.settling import charge_within
from dreams.cycles import keeping
from dreams.cycles.beginning import Night
from dreams.cycles.models import OPEN, Dream, DreamCycle, State
from dreams.cycles.outcome import Result, result_of
from dreams.cycles.settings import EVENT
from dreams.cycles.stops import Stop
from dreams.cycles.trials import Trials
from dreams.cycles.window import path_of
from dreams.verdict.judging import Judgement, judge_night
from dreams.verdict.observed import Observed
from dreams.verdict.rules import Rule, Verdict
from governance import canonical
from governance.errors import NotAllowed
from governance.identity.queries import able
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Capability, Scope
from governance.webhooks.actions import emit

NOTICE: Final = "dream_report"


def register_kinds() -> None:
    """Say what this slice's news is called; called from `AppConfig.ready`."""
    kinds.register(NOTICE, "A night found something, or ended early")


def end(*, scope: Scope, night: Night, stop: Stop | None, at: datetime) -> None:
    """Judge every candidate by the plan and keep it. A night that ended already stays as it is."""
    trials = keeping.trials_of(night)
    breaches = () if stop is None or stop.is_judged else (stop.sentence,)
    numbers = range(len(night.written.candidates))
    observed = {number: trials.observed(number, breaches=breaches) for number in numbers}
    worded = {str(number) for number in numbers if night.written.candidates[number].is_worded}
    judged = judge_night(night.written.plan, {str(number): one for number, one in observed.items()}, worded=worded)
    results = [_result(night, trials, number, observed[number], judged[str(number)]) for number in numbers]
    _end(scope=scope, night=night, results=results, stop=stop, at=at)


def _result(night: Night, trials: Trials, number: int, observed: Observed, found: Judgement) -> Result:
    seen = trials.observed(number, is_seen_only=True)
    return result_of(
        night.written.plan, number=number, observed=observed, seen=seen, found=found, runs=trials.own(number)
    )


@governed("dreams.judge")
def _end(*, scope: Scope, night: Night, results: Sequence[Result], stop: Stop | None, at: datetime) -> None:
    if not scope.actor.is_tars:
        raise NotAllowed("TARS judges a night by its plan.")
    rows = DreamCycle.objects.select_for_update(of=("self",)).select_related("system")
    cycle = rows.get(tenant_id=scope.tenant_id, id=night.cycle_id)
    if cycle.state not in OPEN:
        return
    by_number = {row.number: row for row in Dream.objects.filter(tenant_id=scope.tenant_id, night=cycle)}
    for one in results:
        _keep(by_number[one.number], one)
    cycle.state = State.JUDGED if stop is None or stop.is_judged else State.STOPPED
    cycle.ended_at = at
    cycle.stop_code, cycle.stopped_because = (stop.code, stop.sentence) if stop else ("", "")
    cycle.save(update_fields=["state", "ended_at", "stop_code", "stopped_because"])
    won = [
        by_number[one.number] for one in results if one.verdict is Verdict.PROMOTE and by_number[one.number].mutations
    ]
    waiting = sum(one.rule is Rule.WAITS_FOR_STARS for one in results)
    if won or waiting or stop is not None:
        _tell(scope, cycle, won, waiting, at=at)
    _settle(scope, cycle, at=at)
    emit(
        scope=scope,
        event="dream.judged",
        subject=cycle.cycle_id,
        data={"system": cycle.system.name, "state": cycle.state, "promote": [one.number for one in won]},
        at=at,
    )
    _record(scope, cycle, results, at=at)


def _keep(row: Dream, one: Result) -> None:
    row.verdict, row.rule, row.because = one.verdict.value, one.rule.value, one.sentence
    row.normal_output, row.dream_output, row.outcome = dict(one.normal), dict(one.dream), dict(one.outcome)
    row.gain_seen, row.n_seen, row.n_held_out = one.gain_seen, one.n_seen, one.n_held_out
    row.cost_usd, row.dream_duration_ms = one.cost_usd, one.duration_ms
    row.save()


def _settle(scope: Scope, cycle: DreamCycle, *, at: datetime) -> None:
    """Charge what the night cost; the rest of what was set aside is free again."""
    if cycle.hold_id is None:
        return
    spent = DreamCycle.objects.values_list("spent_usd", flat=True).get(id=cycle.id)
    hold = holds.found(scope, cycle.hold_id)
    try:
        charge_within(scope=scope, hold=hold, actual={USD: spent}, is_priced=True, at=at)
    except HoldClosed:
        return


def _tell(scope: Scope, cycle: DreamCycle, won: Sequence[Dream], waiting: int, *, at: datetime) -> None:
    found = ", ".join(_found(len(won), waiting)) or f"it ended early. {cycle.stopped_because}"
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.DECIDE),
        kind=NOTICE,
        key=f"dream:{cycle.id}",
        subject=cycle.cycle_id,
        sentence=f"{cycle.system.name} dreamed: {found}",
        url=path_of(cycle.cycle_id),
        at=at,
    )


def _found(won: int, waiting: int) -> Iterator[str]:
    if won:
        yield f"{won} of its dreams did better"
    if waiting:
        yield f"{waiting} change{'' if waiting == 1 else 's'} of words wait{'s' if waiting == 1 else ''} for your stars"


def _record(scope: Scope, cycle: DreamCycle, results: Sequence[Result], *, at: datetime) -> None:
    verdicts = {str(one.number): f"{one.verdict.value}: {one.rule.value}" for one in results}
    won = sum(one.verdict is Verdict.PROMOTE for one in results)
    early = f" It ended early: {cycle.stopped_because}" if cycle.stop_code else ""
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.judge",
            "subject": cycle.system.name,
            "cycle": cycle.cycle_id,
            "plan_digest": cycle.plan_digest,
            "verdicts": verdicts,
            "results_digest": results_digest(results),
            "spent_usd": str(cycle.spent_usd),
        },
        explanation=f"{cycle.cycle_id} of {cycle.system.name}: {won} of {len(results)} may be promoted.{early}",
        rules_applied=["dreams"],
    )


def results_digest(results: Sequence[Result]) -> str:
    """Names everything the verdicts rest on, as it is kept in `outcome`."""
    found: Mapping[str, Any] = {str(one.number): dict(one.outcome) for one in results}
    return canonical.digest(dict(found))
