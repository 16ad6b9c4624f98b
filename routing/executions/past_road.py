"""The road of one past request, in memory: the same decisions as `choosing`, `deciding`, `opening`, `calling` and `answering`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from billing.budgets.errors import NoMoney
from billing.budgets.kinds import USD
from billing.budgets.models import Reservation
from billing.budgets.predicting import predicted
from billing.budgets.usage import Usage
from governance import canonical
from governance.approvals import actions as approvals
from governance.approvals.models import Verdict as Decision
from governance.identity.confirm import Confirmation
from governance.ids import new_id
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook import answers, storage
from governance.rulebook.actions import decide_here
from governance.rulebook.gather import gathered_all
from governance.rulebook.question import Question
from governance.scope import Actor, ActorKind, Scope, agent_name
from routing.connectors.contract import Reply
from routing.connectors.models import Connector
from routing.connectors.queries import pins_of
from routing.executions import approving, asking, check, choosing
from routing.executions.actions import received
from routing.executions.answering import told, usage_of
from routing.executions.asked import Asked
from routing.executions.asker import actor_of
from routing.executions.bounding import Planned, planned
from routing.executions.calling import UNKNOWN_FATE, failure_of
from routing.executions.deciding import VERB
from routing.executions.finishing import End
from routing.executions.going_on import WAITED, alternatives, delay_of, pause, retries_of, taken_up
from routing.executions.models import ExecutionRequest
from routing.executions.past_steps import Agent, Road, end, keep_tools, release, reserved, settle
from routing.executions.stages import Failure, Stage, Standing, Status, after_choice, after_failure, status_of_answer
from routing.router.serving import made_by

if TYPE_CHECKING:
    from routing.executions.past import Batch, Past, Told

CHOOSING, DECIDING, OPENING, SETTLING = (timedelta(milliseconds=ms) for ms in (34, 9, 14, 11))
"""How long the steps of TARS itself took."""


def taken(batch: Batch, past: Past, *, parent: Road | None = None) -> ExecutionRequest:
    """Take one request its whole way, or to where it waits for a person; the batch gets its rows."""
    road = _begun(batch, past, parent)
    _choose(road)
    while road.request.stage == Stage.ROUTED:
        _decide(road)
        while road.request.stage == Stage.READY:
            _call(road)
    (batch.requests if road.request._state.adding else batch.saved).append(road.request)
    if parent is not None:
        parent.hops.append(road.status or Status.FAILED)
        parent.now = max(parent.now, road.now)
    return road.request


def _begun(batch: Batch, past: Past, parent: Road | None) -> Road:
    scope = past.by if parent is None else _acting(parent)
    at = past.at if parent is None else parent.now + DECIDING
    above = parent.request if parent else None
    asked = Asked(past.text, past.input, past.system, past.action, parent_id=above.id if above else None)
    request = received(
        scope,
        asked,
        parent=above,
        id=new_id(at),
        key=key_of(scope, past),
        channel=past.channel,
        at=at,
    )
    return Road(batch, past, request, at)


def key_of(scope: Scope, past: Past) -> str:
    """What the request is known by when `scope` asks it."""
    return f"{scope.actor.user_id}/{past.key}"


def _acting(parent: Road) -> Scope:
    """The system that hands work on, in its own name."""
    system = _agent(parent).system
    actor = Actor(ActorKind.SYSTEM, agent_name(system.name), system.id, parent.request.accountable_id)
    return Scope(tenant_id=parent.scope.tenant_id, actor=actor)


def _agent(road: Road) -> Agent:
    id, known = road.request.system_id, road.batch.agents
    assert id is not None
    if id not in known:
        tenant_id, at = road.scope.tenant_id, road.batch.at
        connector = Connector.objects.select_related("system").get(tenant_id=tenant_id, system_id=id)
        name = connector.system.name
        known[id] = Agent(
            system=connector.system,
            connector=connector,
            tools=dict(pins_of(scope=road.scope, connector_id=connector.id).approved),
            gathered=gathered_all(scope=road.scope, wanted=[(name, "")], at=at)[name, ""],
            usual_cost=(predicted(scope=road.scope, system_id=id, at=at) or {}).get(USD),
        )
    return known[id]


def _choose(road: Road) -> None:
    request, memory = road.request, road.batch.memory
    key = (request.user_request, request.action, request.wanted_system, *request.routing_path)
    known = memory.get(key)
    versions = memory["versions"]
    if known is None or any(versions.get(id) != version for id, version in known[0].items()):
        choice = choosing.choice_of(request, at=road.batch.at)
        embedder = made_by(choice.model)
        vector = list(map(float, embedder.embed([request.user_request])[0]))
        asked = {one.system_id: versions.get(one.system_id) for one in choice.candidates if one.outcome}
        known = memory[key] = (asked, choice, embedder.model, vector)
    _, choice, request.embedding_model, request.request_embedding = known
    request.route = choice.as_json()
    road.now += CHOOSING
    if choice.chosen is None:
        after = after_choice(has_candidate=False, is_vetoed_by_rules=choosing.is_forbidden(choice))
        request.governance_check = choosing.refusal_of(request, choice)
        road.note("routed", choice.sentence)
        end(road, End(after.status or Status.FAILED, choice.sentence))
        return
    if choice.router_id and not (request.routing_path or request.wanted_system):
        request.routing_path = [choice.router_id]
    taken_up(request, choice.chosen.as_json())
    road.note("routed", choice.sentence, system=choice.chosen.name)
    request.stage = Stage.ROUTED.value


def _decide(road: Road) -> None:
    request, agent = road.request, _agent(road)
    plan = _plan(request, agent)
    road.now += DECIDING
    verdict, marks = _verdict(road, agent)
    request.governance_check = check.of_verdict(
        action=request.action,
        outcome=verdict.outcome.value,
        sentence=verdict.sentence,
        because=verdict.because,
        verdict_id=str(request.verdict_id) if request.verdict_id else None,
    ) | {**marks, "bound": plan.bound.as_json()}
    outcome = verdict.outcome
    road.note("verdict", verdict.sentence, system=agent.system.name, action=request.action, outcome=outcome.value)
    if outcome is Outcome.PERMIT:
        request.stage = Stage.READY.value
    elif outcome is Outcome.REQUIRE_APPROVAL:
        _ask(road, agent, plan)
    else:
        _fail(road, Failure.DENIED, verdict.sentence)


def _plan(request: ExecutionRequest, agent: Agent) -> Planned:
    if request.action not in agent.plans:
        agent.plans[request.action] = planned(request)
    plan = agent.plans[request.action]
    bound = replace(
        plan.bound,
        request_id=str(request.id),
        request_digest=canonical.digest(request.user_request),
        input_digest=canonical.digest(request.input_data),
    )
    return replace(plan, bound=bound)


def _verdict(road: Road, agent: Agent) -> tuple[Verdict, dict[str, Any]]:
    """What the rules say, kept and signed. Where refusals are counted they are counted one by one."""
    request, batch = road.request, road.batch
    asker = actor_of(name=request.requested_by, user_id=request.user_id, accountable_id=request.accountable_id)
    said: dict[str, Any] = choosing.facts(request)
    cost = agent.maximums.get(USD) if agent.usual_cost is None else agent.usual_cost
    if cost is not None:
        said["cost_usd"] = float(cost)
    question = Question(agent.system.name, request.action, said)
    if agent.gathered.budget is not None:
        decided = decide_here(scope=road.scope, asker=asker, question=question, verb=VERB, at=road.now)
        request.verdict_id = decided.id
        return decided.verdict, {"verdict_digest": decided.digest, "guidance": list(decided.guidance)}
    answer = answers.answer(question, agent.gathered, actor=asker, at=road.now)
    row = storage.row_of(answer, scope=replace(road.scope, actor=asker), signer=batch.signer, at=road.now)
    batch.answers.append(answer)
    batch.verdicts.append(row)
    request.verdict_id = row.id
    return answer.verdict, {"verdict_digest": row.digest, "guidance": list(agent.gathered.guidance)}


def _ask(road: Road, agent: Agent, plan: Planned) -> None:
    """Ask people as any request does; whoever is told to answer answers. The row is written for that."""
    request, said = road.request, road.past.said
    request.save(force_insert=True)
    request.loaded = {}
    asking.ask(request, plan.system, plan.bound, at=road.now)
    if said is None:
        return
    question = request.question
    assert question is not None and said.by.actor.user_id is not None
    road.now += said.after
    approvals.answer(
        scope=said.by,
        request_id=question.id,
        digest=question.digest,
        verdict=Decision.APPROVE if said.is_yes else Decision.REJECT,
        note=said.note,
        confirmation=Confirmation(user_id=said.by.actor.user_id, method="password", at=road.now),
        at=road.now,
    )
    request.system = agent.system
    if said.is_yes:
        approving.accepted(request, question, note=said.note, scope=said.by, at=road.now)
    else:
        approving.rejected(request, question, note=said.note, scope=said.by, at=road.now)
        road.status = Status.GOVERNANCE_BLOCKED


def _call(road: Road) -> None:
    """Set money aside, call the agent in words, and settle by what it said."""
    request, agent = road.request, _agent(road)
    road.now += OPENING
    try:
        hold = reserved(road, agent)
    except NoMoney as refused:
        _fail(road, Failure.NO_MONEY, refused.sentence)
        return
    bound = request.governance_check["bound"]
    request.attempt += 1
    request.called_at = road.now
    request.deadline_at = road.now + timedelta(milliseconds=agent.connector.timeout_ms)
    if agent.system.id not in request.routing_path:
        request.routing_path = [*request.routing_path, agent.system.id]
    name, tool = agent.system.name, bound["tool"]
    digest = agent.tools.get(tool, "")
    road.note("called", f"{name} is called.", system=name, attempt=request.attempt, tool=tool, tool_digest=digest)
    request.stage = Stage.CALLING.value
    _hand_on(road)
    said = road.past.agent(name, request.action, request.attempt)
    road.now += timedelta(milliseconds=said.ms)
    _heard(road, agent, hold, said)


def _hand_on(road: Road) -> None:
    request, parts = road.request, road.past.parts if road.request.attempt == 1 else ()
    if parts:
        request.has_parts = True
        is_new = request._state.adding
        request.save(force_insert=is_new, update_fields=None if is_new else ["has_parts"])
    for part in parts:
        taken(road.batch, part, parent=road)


def _heard(road: Road, agent: Agent, hold: Reservation | None, said: Told) -> None:
    request, outcome = road.request, said.outcome
    if isinstance(outcome, Reply):
        keep_tools(road, agent, outcome)
        usage = told(outcome.usage)
        settle(road, hold, usage_of(usage))
        if outcome.is_error:
            _fail(road, Failure.SAID_ERROR, outcome.error)
            return
        request.answer = {
            "output": outcome.output,
            "is_partial": outcome.is_partial,
            "suggestions": list(outcome.suggestions),
            "usage": usage,
            "ms": said.ms,
        }
        request.progress, request.stage = 100, Stage.ANSWERED.value
        _answered(road, outcome)
        return
    failure, sentence, may_repeat = failure_of(outcome), outcome.sentence, agent.connector.may_repeat
    if failure is Failure.UNREACHABLE:
        release(road, hold, sentence)
        _fail(road, failure, sentence, may_retry=outcome.is_passing)
        return
    if may_repeat and request.attempt <= retries_of(request):
        release(road, hold, "the agent is asked again under the same key")
    else:
        settle(road, hold, Usage())
        sentence = f"{sentence} {UNKNOWN_FATE}"
    _fail(road, failure, sentence, is_repeatable=may_repeat)


def _answered(road: Road, reply: Reply) -> None:
    road.now += SETTLING
    status = status_of_answer(is_partial=reply.is_partial, hops=road.hops)
    said = "The agent said that its answer is not whole, or a part it handed on failed."
    error = "" if status is Status.SUCCESS else said
    end(road, End(status, error, reply.output, tuple(reply.suggestions)))


def _fail(road: Road, failure: Failure, sentence: str, *, is_repeatable: bool = False, may_retry: bool = True) -> None:
    """`going_on.failed` for a request in memory."""
    request = road.request
    rest = alternatives(request)
    standing = Standing(
        attempt=request.attempt,
        retries=retries_of(request) if may_retry else -1,
        alternatives=len(rest),
        is_repeatable=is_repeatable,
    )
    step = after_failure(failure, standing)
    if step.stage is Stage.DONE:
        end(road, End(step.status or Status.FAILED, sentence))
    elif step.is_retry:
        road.note("retried", f"{sentence} It is asked again.", failure=failure.value)
        road.now += pause(request.attempt)
        request.stage = step.stage.value
    else:
        taken_up(request, rest[0])
        road.note("fell_back", f"{sentence} {rest[0]['name']} is next.", failure=failure.value)
        road.now += delay_of(request) if failure in WAITED else timedelta()
        request.stage = step.stage.value
