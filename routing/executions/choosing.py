"""Received → routed: who is asked. Nothing in scope, or everything vetoed, is the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from billing.budgets import room
from governance.errors import Invalid, NotFound
from governance.rulebook.gather import Gathered
from governance.scope import Scope, system_of, tars_scope
from routing.connectors.limits import amounts_of
from routing.connectors.reachable import WhyNot, callable_now
from routing.embeddings.embedder import written
from routing.executions import check
from routing.executions.asker import actor_of
from routing.executions.facts import facts_of
from routing.executions.finishing import End, finish, noted
from routing.executions.going_on import moved_to, taken_up
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage, Status, after_choice
from routing.router.queries import Candidate, Choice, Veto, choose
from routing.router.serving import made_by

_RULES = frozenset({"policy", "estop", "drift"})


def step(request: ExecutionRequest, *, at: datetime) -> Gathered | None:
    """Choose for a locked request, keep every candidate with its vetoes, and go on; what bears on the one that is chosen."""
    try:
        choice = choice_of(request, at=at)
    except (Invalid, NotFound) as refused:
        request.governance_check = check.of_refusal(action=request.action, sentence=refused.sentence)
        _end(request, Status.FAILED, refused.sentence, at=at)
        return None
    embedder = made_by(choice.model)
    request.route, request.embedding_model = choice.as_json(), embedder.model
    request.request_embedding = written(embedder.embed([request.user_request])[0])
    chosen = choice.chosen
    after = after_choice(has_candidate=chosen is not None, is_vetoed_by_rules=is_forbidden(choice))
    if chosen is None or after.stage is Stage.DONE:
        request.governance_check = refusal_of(request, choice)
        _end(request, after.status or Status.FAILED, choice.sentence, at=at)
        return None
    if choice.router_id and not (request.routing_path or request.wanted_system):
        request.routing_path = [choice.router_id]
    taken_up(request, chosen.as_json())
    noted(request, "routed", choice.sentence, at=at, system=chosen.name)
    moved_to(request, Stage.ROUTED, at=at)
    return choice.gathered.get(chosen.system_id)


def facts(request: ExecutionRequest) -> dict[str, object]:
    """What the rules may ask about the request."""
    asker = actor_of(name=request.requested_by, user_id=request.user_id, accountable_id=request.accountable_id)
    return facts_of(
        text=request.user_request,
        input=request.input_data,
        channel=request.steps[0].get("channel", ""),
        depth=request.depth,
        handed_on_by=system_of(asker),
    )


def out_of_reach(scope: Scope, candidates: Sequence[Candidate], at: datetime) -> Callable[[], dict[UUID, Veto]]:
    """Systems that cannot be called now, or that cannot be paid, get nothing new. Two queries; registered with the router."""
    taken = callable_now(scope=scope, system_ids=[one.system_id for one in candidates], at=at)

    def vetoes() -> dict[UUID, Veto]:
        found = taken()
        held = {id: Veto(f"connector_{why.code}", why.sentence) for id, why in found.items() if isinstance(why, WhyNot)}
        wanted = {id: amounts_of(most) for id, most in found.items() if not isinstance(most, WhyNot)}
        short = room.short(scope=scope, wanted=wanted, at=at)
        return held | {id: Veto("budget", refused.sentence) for id, refused in short.items()}

    return vetoes


def choice_of(request: ExecutionRequest, *, at: datetime) -> Choice:
    """Who gets the request, as it would be chosen now."""
    choice = choose(
        scope=tars_scope(request.tenant_id),
        text=request.user_request,
        action=request.action,
        wanted=request.wanted_system,
        facts=facts(request),
        session=request.session,
        at=at,
    )
    return _without_circles(choice, request)


def _without_circles(choice: Choice, request: ExecutionRequest) -> Choice:
    """A system that is at work on what this is a part of does not get the part."""
    path = set(request.routing_path)
    if not path & {one.system_id for one in choice.candidates}:
        return choice
    rows = tuple(_vetoed(one) if one.system_id in path else one for one in choice.candidates)
    changed = replace(choice, candidates=rows)
    if changed.chosen == choice.chosen:
        return changed
    name = changed.chosen.name if changed.chosen else ""
    said = f"{name} gets it: the first choice is at work on this already." if name else "Everybody is at work on this."
    return replace(changed, sentence=said)


def _vetoed(one: Candidate) -> Candidate:
    return replace(one, vetoes=(*one.vetoes, Veto("circle", f"{one.name} is at work on what this is a part of.")))


def is_forbidden(choice: Choice) -> bool:
    """Whether rules, a stop or drift kept the first who fits from getting it."""
    fits = [one for one in choice.candidates if not any(veto.code == "below_threshold" for veto in one.vetoes)]
    return bool(fits) and any(veto.code in _RULES for veto in fits[0].vetoes)


def refusal_of(request: ExecutionRequest, choice: Choice) -> dict[str, Any]:
    """`governance_check` of a request that nobody gets. What the law says against the best candidate counts against that one."""
    best = choice.candidates[0].vetoes if choice.candidates else ()
    law = [clause for veto in best for clause in veto.law]
    return check.of_refusal(action=request.action, sentence=choice.sentence, law=law)


def _end(request: ExecutionRequest, status: Status, sentence: str, *, at: datetime) -> None:
    noted(request, "routed", sentence, at=at)
    finish(request, End(status, sentence), at=at)
