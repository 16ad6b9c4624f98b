"""One request on one side of a stage: who is asked, whether it may, what it answers. The road of a live request, and nothing
kept.

INVARIANT: no call is made but of a tool that only reads, or of an agent that says that it simulates in dreams. Waits are
counted and not slept. What needs approval goes on as if approved: its verdict says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from billing.budgets.kinds import USD
from billing.budgets.prices import dollars
from governance import sql
from governance.errors import DomainError
from governance.policy.verdict import Outcome
from governance.rulebook import answers
from governance.rulebook.answers import Answer
from governance.rulebook.question import Question
from governance.tenancy import in_tenant
from routing.connectors import calling as agents
from routing.connectors import pins, ways
from routing.connectors.calling import Opened
from routing.connectors.contract import Call, Reply
from routing.connectors.queries import WhyNot, callable_now
from routing.executions.answering import told, usage_of
from routing.executions.calling import failure_of
from routing.executions.facts import facts_of
from routing.executions.going_on import WAITED, pause
from routing.executions.stages import Failure, after_failure
from routing.executions.stages import Stage as Where
from routing.executions.stages import Standing as Stands
from routing.rehearsal.answer import bounded, text_of
from routing.rehearsal.shapes import Hop, Ran, Recorded
from routing.rehearsal.stage import Stage, Way
from routing.router.acting import action_of
from routing.router.nearest import Standing
from routing.router.ranking import Candidate, Source
from routing.whatif.cases import Case, Past
from routing.whatif.scoring import placed

_SPACE: Final = UUID("0f1c1a52-7a55-4d0e-9a5c-4a7b7d1ce0de")
_NOT_THEN: Final = Past(is_success=False, cost=None, stars=None, ms=None)
PATIENCE: Final = 10.0
"""Seconds for which a dream waits until live requests leave an agent room."""
A_MOMENT: Final = 0.05
_CALLING: Final = (
    "SELECT count(*) FROM execution_requests WHERE tenant_id = %s AND system_id = %s AND stage = 'calling'"
)
Clock = Callable[[], datetime]


class Refused(Exception):
    """The dream may not make this call; its text says why."""


@dataclass(slots=True)
class _Road:
    """One request on its way through a side."""

    stage: Stage
    side: str
    recorded: Recorded
    attempt_key: str
    deadline: datetime
    clock: Clock
    hops: list[Hop] = field(default_factory=list)
    verdict: str = ""
    verdict_sentence: str = ""
    is_violation: bool = False
    waited: int = 0
    usage: dict[str, Decimal] = field(default_factory=dict)
    cost: Decimal | None = Decimal(0)

    @property
    def duration(self) -> int:
        return sum(one.ms + one.waited_ms for one in self.hops)


def rehearse(*, stage: Stage, side: str, recorded: Recorded, attempt_key: str, deadline: datetime, clock: Clock) -> Ran:
    """Ask one recorded request on one side, outside any transaction.

    `attempt_key` names the try for agents that know repeated calls; none is asked past `deadline`. What fails is an outcome;
    nothing is raised for it."""
    road = _Road(stage, side, recorded, attempt_key, deadline, clock)
    candidates = _candidates(road)
    open = [one for one in candidates if not one.vetoes]
    if not open:
        return _nobody(road, candidates)
    try:
        return _asked(road, open)
    except Refused as refused:
        last = road.hops[-1] if road.hops else None
        return _ran(road, open[0], "refused", str(refused), action=last.action if last else "")


def _candidates(road: _Road) -> Sequence[Candidate]:
    """Who would be asked, in order, as the router ranks them on this side."""
    law, recorded = road.stage.laws[road.side], road.recorded
    if recorded.system:
        named = [one for one in law.systems if one.name == recorded.system]
        return [
            Candidate(one.id, one.name, 1.0, Source.NAMED, vetoes=tuple(law.against.get(one.id, ()))) for one in named
        ]
    case = Case(
        id=uuid5(_SPACE, recorded.key), at="", text="", chosen=None, vetoes={}, judged=frozenset(), past=_NOT_THEN,
        asked=recorded.text, channel=recorded.channel,
    )  # fmt: skip
    vectors = road.stage.vector(recorded.text)[None, :]
    return placed(law, cases=[case], vectors=vectors, model=road.stage.embedder.model)[0].candidates


def _asked(road: _Road, candidates: Sequence[Candidate]) -> Ran:
    """Ask one after another until one answers, as a live request goes on after a failure."""
    law = road.stage.laws[road.side]
    why, last = "", Failure.UNREACHABLE
    for place, one in enumerate(candidates):
        standing = law.by_id[one.system_id]
        action = _action(road, one, standing)
        answer = _verdict(road, standing, action)
        if answer.verdict.outcome is Outcome.DENY:
            road.hops.append(_hop(road, one, action, "denied", sentence=answer.verdict.sentence))
            why, last = answer.verdict.sentence, Failure.DENIED
            continue
        way, refusal = _way(road, standing)
        if way is None:
            road.hops.append(_hop(road, one, action, "unreachable", sentence=refusal))
            why, last = refusal, Failure.UNREACHABLE
            continue
        found = _worked(road, one, standing, way, action, others=len(candidates) - place - 1)
        if isinstance(found, Reply):
            return _answered(road, one, action, found)
        why, last, goes_on = found
        if not goes_on:
            break
        if last in WAITED:
            road.waited += law.law.fallback_delay_ms
    return _ran(road, candidates[0], "governance_blocked" if last is Failure.DENIED else "failed", why)


def _verdict(road: _Road, one: Standing, action: str) -> Answer:
    """The rulebook's preview on this side. The first verdict is the request's."""
    recorded, scope = road.recorded, road.stage.scope
    facts = facts_of(text=recorded.text, input=recorded.input, channel=recorded.channel, depth=0, handed_on_by="")
    question = Question(one.name, action, facts, recorded.session)
    with in_tenant(scope.tenant_id):
        (found,) = answers.answered(
            scope=scope,
            questions=[question],
            at=road.clock(),
            constitutions=road.stage.constitutions(road.side),
            is_own=True,
        )
    if not road.verdict:
        road.verdict, road.verdict_sentence = found.verdict.outcome.value, found.verdict.sentence
        road.is_violation = found.verdict.outcome is Outcome.DENY
    return found


def _way(road: _Road, one: Standing) -> tuple[Way | None, str]:
    """How the system is reached now, or None and why it is not."""
    at, scope = road.clock(), road.stage.scope
    with in_tenant(scope.tenant_id):
        now = callable_now(scope=scope, system_ids=[one.id], at=at)[one.id]
    if isinstance(now, WhyNot):
        return None, now.sentence
    way = road.stage.way(one.id, at=at)
    if way is None:
        return None, f"{one.name} has no connector."
    return (way, "") if isinstance(way.opened, Opened) else (None, way.opened.sentence)


def _worked(
    road: _Road, one: Candidate, standing: Standing, way: Way, action: str, *, others: int
) -> Reply | tuple[str, Failure, bool]:
    """Call one system, again where a live request would; its good answer, or why there is none and whether another is asked."""
    assert isinstance(way.opened, Opened)
    connector, law = way.opened.connector, road.stage.laws[road.side].law
    tool = _tool(way.opened, action)
    reads = road.stage.only_reads(way, tool) if tool else False
    if not (reads or connector.simulates_dreams):
        what = f"{tool or action} of {one.name} may write, and nobody said that this agent only simulates in dreams."
        road.hops.append(_hop(road, one, action, "refused", tool=tool, sentence=what))
        raise Refused(what)
    for attempt in range(1, law.max_retries + 2):
        if not _has_room(road, standing, connector.most_at_once):
            return f"{one.name} had no room beside live requests.", Failure.UNREACHABLE, bool(others)
        started = time.monotonic()
        try:
            reply = agents.call(
                connector,
                _call(road, standing, tool, action, attempt),
                lambda *_: None,
                clock=road.clock,
                opened=way.opened,
            )
        except DomainError as error:
            failure, sentence = failure_of(error), error.sentence
            may_retry = getattr(error, "is_passing", False) or failure is not Failure.UNREACHABLE
        else:
            if not reply.is_error:
                road.hops.append(_hop(road, one, action, "answered", tool=tool, ms=reply.ms))
                return reply
            _charge(road, reply)
            failure, sentence, may_retry = Failure.SAID_ERROR, reply.error or "The agent said that it failed.", False
        ms = int((time.monotonic() - started) * 1000)
        road.hops.append(_hop(road, one, action, "failed", tool=tool, ms=ms, sentence=sentence))
        retries = law.max_retries if may_retry else -1
        step = after_failure(failure, Stands(attempt, retries, others, is_repeatable=True))
        if not step.is_retry:
            return sentence, failure, step.stage is not Where.DONE
        road.waited += int(pause(attempt).total_seconds() * 1000)
    return sentence, failure, False


def _call(road: _Road, one: Standing, tool: str, action: str, attempt: int) -> Call:
    recorded, stage = road.recorded, road.stage
    return Call(
        execution_id=str(uuid5(_SPACE, road.attempt_key)),
        tenant_id=str(stage.scope.tenant_id),
        system=one.name,
        action=action,
        request=recorded.text,
        input=recorded.input,
        constitution=stage.law_of(road.side, one),
        deadline=road.deadline,
        idempotency_key=f"{road.attempt_key}/{one.id}/{attempt}"[-200:],
        tool=tool,
        session=recorded.session,
        mode="dream",
        routing_path=(),
        attempt=attempt,
    )


def _tool(opened: Opened, action: str) -> str:
    if opened.connector.kind not in ways.WITH_TOOLS:
        return ""
    return pins.needed(opened.pins, tool="", action=action, entry=opened.connector.entry_tool)


def _action(road: _Road, one: Candidate, standing: Standing) -> str:
    rule = road.stage.laws[road.side].actions.get(one.rule_id, "") if one.rule_id and not one.place else ""
    return action_of(
        text=road.recorded.text,
        stated=road.recorded.action,
        by_rule=rule,
        requires_approval=standing.requires_approval,
        capabilities=standing.capabilities,
    )


def _has_room(road: _Road, one: Standing, most: int) -> bool:
    """Live requests come first: a dream waits until one more call is not one too many."""
    tenant, ends = road.stage.scope.tenant_id, time.monotonic() + PATIENCE
    while True:
        with in_tenant(tenant):
            calling = int(sql.rows(_CALLING, [tenant, one.id])[0][0])
        if calling < most:
            return True
        if time.monotonic() >= ends:
            return False
        time.sleep(A_MOMENT)


def _answered(road: _Road, one: Candidate, action: str, reply: Reply) -> Ran:
    _charge(road, reply)
    output, digest = bounded(reply.output)
    found = _ran(road, one, "partial" if reply.is_partial else "completed", "", action=action)
    return replace(found, output=output, output_digest=digest, text=text_of(reply.output))


def _charge(road: _Road, reply: Reply) -> None:
    """Add what a reply used; once something has no price, the whole has none."""
    usage = usage_of(told(reply.usage))
    for name, amount in usage.amounts().items():
        road.usage[name] = road.usage.get(name, Decimal(0)) + amount
    cost = dollars(usage, road.stage.prices)
    road.cost = None if road.cost is None or cost is None else road.cost + cost


def _nobody(road: _Road, candidates: Sequence[Candidate]) -> Ran:
    """Nothing in scope fails; what rules, a stop or drift keep from everybody is blocked, as live."""
    codes = {veto.code for one in candidates for veto in one.vetoes}
    is_forbidden = bool(codes & {"estop", "drift"}) and "below_threshold" not in codes
    why = candidates[0].vetoes[0].sentence if candidates else "No system can be compared with this request."
    road.verdict = road.verdict or Outcome.PERMIT.value
    return _ran(road, candidates[0] if candidates else None, "governance_blocked" if is_forbidden else "failed", why)


def _hop(
    road: _Road, one: Candidate, action: str, outcome: Any, *, tool: str = "", ms: int = 0, sentence: str = ""
) -> Hop:
    waited, road.waited = road.waited, 0
    return Hop(one.name, action, tool, outcome, ms, waited, sentence[:500])


def _ran(road: _Road, one: Candidate | None, status: Any, why: str, *, action: str = "") -> Ran:
    answered = next((hop for hop in road.hops if hop.outcome == "answered"), None)
    return Ran(
        status=status,
        system=answered.system if answered else one.name if one else "",
        action=action or (road.hops[-1].action if road.hops else ""),
        confidence=one.score if one else None,
        verdict=road.verdict or Outcome.PERMIT.value,
        verdict_sentence=road.verdict_sentence,
        is_violation=road.is_violation,
        duration_ms=road.duration,
        cost_usd=road.cost,
        usage={name: amount for name, amount in road.usage.items() if name != USD},
        hops=tuple(road.hops),
        why=why,
        is_simulated=_simulates(road, answered),
    )


def _simulates(road: _Road, answered: Hop | None) -> bool:
    """Whether the answer came from an agent that is trusted to simulate, and not from a tool that only reads."""
    if answered is None:
        return False
    return any(
        way is not None and isinstance(way.opened, Opened) and way.opened.system == answered.system
        and not way.reads.get(answered.tool, False)
        for way in road.stage._ways.values()
    )  # fmt: skip
