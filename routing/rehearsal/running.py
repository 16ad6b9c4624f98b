"""One request on one side of a stage, to its end: the road of a live request, with nothing written and nothing waited for.

INVARIANT: no call is made but of a tool that only reads, or of an agent that says that it simulates in dreams. What needs a
person goes on as if one had said yes: its verdict says so. Budgets are not asked: a dream sets nothing aside.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from billing.budgets.prices import dollars
from governance.errors import DomainError
from routing.connectors import calling as agents
from routing.connectors import pins, ways
from routing.connectors.calling import Opened
from routing.connectors.contract import Call, Reply
from routing.executions.answering import told, usage_of
from routing.executions.calling import failure_of
from routing.executions.choosing import is_forbidden
from routing.executions.going_on import WAITED, pause
from routing.executions.stages import Failure, Next, Standing, after_failure
from routing.executions.stages import Stage as Where
from routing.executions.stages import Status as Ended
from routing.rehearsal import allowing, looking
from routing.rehearsal.allowing import NoTurn
from routing.rehearsal.answer import MOST_TEXT, bounded, text_of
from routing.rehearsal.aside import only_reading
from routing.rehearsal.looking import Seen
from routing.rehearsal.planning import Plan
from routing.rehearsal.shapes import Hop, HopOutcome, Ran, Recorded, Status
from routing.rehearsal.slots import SharedSlots
from routing.rehearsal.stage import Stage
from routing.router.ranking import Candidate, Choice

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
_SPACE: Final = UUID("0f1c1a52-7a55-4d0e-9a5c-4a7b7d1ce0de")
"""Ids of rehearsals are made from their keys: no execution has one of them."""
_SHARED: Final = SharedSlots()
_OVER: Final = "The time of this rehearsal was over before anybody had answered."
_OUTCOMES: Final[dict[Failure, HopOutcome]] = {Failure.DENIED: "denied", Failure.UNREACHABLE: "unreachable"}


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a system did not do it; as `going_on.failed` takes it."""

    failure: Failure
    sentence: str
    may_retry: bool = True
    is_repeatable: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to an agent, or why it cannot be opened; and how many live requests were at work there."""

    opened: Opened | DomainError
    live: int


def rehearse(*, stage: Stage, side: str, recorded: Recorded, attempt_key: str, deadline: datetime, clock: Clock) -> Ran:
    """Ask one recorded request on one side, outside any transaction; threads may do so at once.

    `attempt_key` names the try for agents that know repeated calls; none is asked past `deadline`. What fails is an outcome, and
    nothing is raised for it; raises `NotFound` for a side that was not staged.
    """
    plan = stage.plan(side, recorded)
    return _Road(stage, side, recorded, plan, uuid5(_SPACE, f"{attempt_key}/{side}"), deadline, clock).to_its_end()


@dataclass(slots=True)
class _Road:
    """One request on its way through a side."""

    stage: Stage
    side: str
    recorded: Recorded
    plan: Plan
    id: UUID
    deadline: datetime
    clock: Clock
    hops: list[Hop] = field(default_factory=list)
    costs: list[Decimal | None] = field(default_factory=list)
    usage: dict[str, Decimal] = field(default_factory=dict)
    waited_ms: int = 0
    confidence: float | None = None
    last: Candidate | None = None
    way: _Way | None = None
    is_violation: bool = False
    is_simulated: bool = False

    def to_its_end(self) -> Ran:
        if self.plan.fault:
            return self._ended("failed", self.plan.fault)
        seen, choice = self._chosen()
        self.confidence = choice.confidence
        self._passed_over(choice)
        if choice.chosen is None:
            self.last = _fitting(choice)
            return self._ended("governance_blocked" if is_forbidden(choice) else "failed", choice.sentence)
        return self._asked([choice.chosen, *choice.alternatives], seen, choice)

    def _chosen(self) -> tuple[dict[UUID, Seen], Choice]:
        """Who gets it as everybody stands now, with the way to that one, read in one transaction."""
        ids = [one.system_id for one in self.plan.open]
        if not ids:
            return {}, self.plan.choice({})
        with only_reading(self.stage.scope.tenant_id):
            seen = looking.seen(scope=self.stage.scope, system_ids=ids, at=self.clock())
            choice = self.plan.choice({id: one.against for id, one in seen.items() if one.against})
            if choice.chosen is not None:
                self._open(choice.chosen, seen[choice.chosen.system_id])
        return seen, choice

    def _looked_at(self, one: Candidate) -> Seen:
        with only_reading(self.stage.scope.tenant_id):
            seen = looking.seen(scope=self.stage.scope, system_ids=[one.system_id], at=self.clock())[one.system_id]
            self._open(one, seen)
        return seen

    def _open(self, one: Candidate, seen: Seen) -> None:
        """The way to an agent, if a dream may call it at all; in the caller's transaction."""
        self.way = None
        if seen.against is None and not seen.refusal(system=one.name, tool=seen.tool_for(one.action)):
            self.way = _Way(_opened(seen, at=self.clock()), looking.live(self.stage.scope.tenant_id, one.system_id))

    def _passed_over(self, choice: Choice) -> None:
        """Who came before the one that is chosen and was turned away: by rules, a stop, or for want of a way there."""
        for one in choice.candidates:
            if one is choice.chosen:
                return
            if not one.vetoes or one.vetoes[0].code == "below_threshold":
                continue
            veto, said = one.vetoes[0], self.plan.judged.get(one.system_id)
            self._hop(one, "unreachable" if veto.code.startswith("connector") else "denied", veto.sentence)
            self.is_violation |= veto.code == "policy" and said is not None and said.is_broken

    def _asked(self, rest: list[Candidate], seen: dict[UUID, Seen], choice: Choice) -> Ran:
        """Ask one after the other, as a live request goes on after a failure."""
        attempt, one = 1, rest.pop(0)
        while True:
            self.last = one
            if self.clock() >= self.deadline:
                return self._ended("refused", _OVER)
            found = self._tried(one, seen.get(one.system_id) or self._looked_at(one), attempt)
            if isinstance(found, Ran):
                return found
            step = after_failure(
                found.failure,
                Standing(
                    attempt=attempt,
                    retries=choice.max_retries if found.may_retry else -1,
                    alternatives=len(rest),
                    is_repeatable=found.is_repeatable,
                ),
            )
            if step.stage is Where.DONE:
                return self._ended(_status_of(step), found.sentence)
            seen = {}  # whoever is asked later is looked at then
            if step.is_retry:
                self.waited_ms += int(pause(attempt).total_seconds() * 1000)
                attempt += 1
            else:
                self.waited_ms += choice.fallback_delay_ms if found.failure in WAITED else 0
                attempt, one = 1, rest.pop(0)

    def _tried(self, one: Candidate, seen: Seen, attempt: int) -> Ran | _Failed:
        """One call: the end, or how it failed."""
        if seen.against is not None:
            failure = Failure.DENIED if seen.against.code == "estop" else Failure.UNREACHABLE
            return self._failed(one, _Failed(failure, seen.against.sentence, may_retry=False))
        tool = seen.tool_for(one.action)
        if seen.connector.kind in ways.WITH_TOOLS and (
            why := pins.refusal(seen.tools.pins, system=one.name, tool=tool)
        ):
            return self._failed(one, _Failed(Failure.UNREACHABLE, why, may_retry=False), tool=tool)
        if why := seen.refusal(system=one.name, tool=tool):
            return self._refused(one, tool, why)
        self.is_simulated |= not seen.only_reads(tool)
        try:
            outcome, ms = self._called(one, seen, tool, attempt)
        except NoTurn:
            return self._refused(one, tool, f"{one.name} was busy until the time of this rehearsal was over.")
        return self._heard(one, seen, tool, outcome, ms)

    def _called(self, one: Candidate, seen: Seen, tool: str, attempt: int) -> tuple[Reply | Exception, int]:
        """What came back, and after how many milliseconds. Raises `NoTurn`."""
        connector, way = seen.connector, self.way
        assert way is not None
        if isinstance(way.opened, DomainError):
            return way.opened, 0
        asked = self._call(one, seen, tool, attempt)
        live = looking.live_at(tenant_id=self.stage.scope.tenant_id, system_id=one.system_id, first=way.live)
        left = (self.deadline - self.clock()).total_seconds()
        with allowing.turn(connector.id, most=connector.most_at_once, live=live, seconds=left, slots=_SHARED):
            started = time.monotonic()
            try:
                reply = agents.call(connector, asked, lambda *_: None, clock=self.clock, opened=way.opened)
            except Exception as error:
                if not isinstance(error, DomainError):
                    log.exception("a rehearsal's call of %s failed inside TARS", one.name)
                return error, int((time.monotonic() - started) * 1000)
        return reply, reply.ms

    def _call(self, one: Candidate, seen: Seen, tool: str, attempt: int) -> Call:
        said, recorded = self.plan.judged.get(one.system_id), self.recorded
        return Call(
            execution_id=str(self.id),
            tenant_id=str(self.stage.scope.tenant_id),
            system=one.name,
            action=one.action,
            request=recorded.text,
            input=recorded.input,
            constitution=self.stage.law(self.side, system_id=one.system_id, system=one.name),
            deadline=min(self.deadline, self.clock() + timedelta(milliseconds=seen.connector.timeout_ms)),
            idempotency_key=f"dream/{self.id}/{one.system_id}",
            tool=tool,
            session=recorded.session,
            guidance=said.guidance if said else (),
            session_rules=said.session_rules if said else (),
            mode="dream",
            budget=dict(seen.connector.maximums),
            routing_path=(str(one.system_id),),
            attempt=attempt,
        )

    def _heard(self, one: Candidate, seen: Seen, tool: str, outcome: Reply | Exception, ms: int) -> Ran | _Failed:
        if isinstance(outcome, Reply):
            return self._answered(one, tool, outcome)
        failure = failure_of(outcome)
        sentence = outcome.sentence if isinstance(outcome, DomainError) else "TARS failed while the agent worked."
        if failure is not Failure.UNREACHABLE:
            self.costs.append(None)
        if failure is Failure.TIMEOUT and self.clock() >= self.deadline:
            return self._refused(one, tool, _OVER, ms=ms)
        found = _Failed(
            failure,
            sentence,
            may_retry=failure is not Failure.UNREACHABLE or getattr(outcome, "is_passing", False),
            is_repeatable=seen.connector.may_repeat or seen.only_reads(tool),
        )
        return self._failed(one, found, tool=tool, ms=ms)

    def _answered(self, one: Candidate, tool: str, reply: Reply) -> Ran | _Failed:
        usage = usage_of(told(reply.usage))
        self.costs.append(dollars(usage, self.stage.prices))
        for name, amount in usage.amounts().items():
            self.usage[name] = self.usage.get(name, Decimal(0)) + amount
        used = sorted({call.tool for call in reply.tool_calls if not call.is_seen})
        self.is_violation |= any(self.stage.forbids(self.side, system=one.name, action=name) for name in used)
        if reply.is_error:
            said = reply.error or "The agent said that it failed, and not why."
            return self._failed(one, _Failed(Failure.SAID_ERROR, said), tool=tool, ms=reply.ms)
        said = f"{one.name} answered."
        self._hop(one, "answered", said, tool=tool, ms=reply.ms)
        return self._ended("partial" if reply.is_partial else "completed", said, reply)

    def _failed(self, one: Candidate, found: _Failed, *, tool: str = "", ms: int = 0) -> _Failed:
        self._hop(one, _OUTCOMES.get(found.failure, "failed"), found.sentence, tool=tool, ms=ms)
        return found

    def _refused(self, one: Candidate, tool: str, why: str, *, ms: int = 0) -> Ran:
        self._hop(one, "refused", why, tool=tool, ms=ms)
        return self._ended("refused", why)

    def _hop(self, one: Candidate, outcome: HopOutcome, sentence: str, *, tool: str = "", ms: int = 0) -> None:
        self.hops.append(Hop(one.name, one.action, tool, outcome, ms, self.waited_ms, sentence[:500]))
        self.waited_ms = 0

    def _ended(self, status: Status, why: str, reply: Reply | None = None) -> Ran:
        said = self.plan.judged.get(self.last.system_id) if self.last else None
        output, digest = bounded(reply.output) if reply else (None, "")
        known = [cost for cost in self.costs if cost is not None]
        return Ran(
            status=status,
            system=self.last.name if self.last else "",
            action=self.last.action if self.last else "",
            confidence=self.confidence,
            verdict=said.outcome if said else "",
            verdict_sentence=said.sentence if said else "",
            is_violation=self.is_violation,
            duration_ms=sum(hop.ms + hop.waited_ms for hop in self.hops),
            cost_usd=sum(known, Decimal(0)) if known and len(known) == len(self.costs) else None,
            usage=dict(self.usage),
            output=output,
            output_digest=digest,
            text=text_of(reply.output) if reply else "",
            hops=tuple(self.hops),
            why=why[:MOST_TEXT],
            is_simulated=self.is_simulated,
        )


def _opened(seen: Seen, *, at: datetime) -> Opened | DomainError:
    try:
        return looking.opened(seen, at=at)
    except DomainError as refused:
        return refused


def _fitting(choice: Choice) -> Candidate | None:
    """The first who fits and does not get it."""
    fits = (one for one in choice.candidates if all(veto.code != "below_threshold" for veto in one.vetoes))
    return next(fits, None)


def _status_of(step: Next) -> Status:
    return "governance_blocked" if step.status is Ended.GOVERNANCE_BLOCKED else "failed"
