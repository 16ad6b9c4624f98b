"""The question that a person answers before an agent may act, inside the step's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from governance.approvals import actions as approvals
from governance.approvals.people import staff
from governance.approvals.quorum import Requirement
from governance.notices.actions import tell
from governance.scope import Role, tars_scope
from routing.executions import due
from routing.executions.bound import Bound
from routing.executions.bounding import Agent
from routing.executions.finishing import noted
from routing.executions.going_on import moved_to
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage

KIND: Final = "execution"
EXPIRES: Final = timedelta(hours=72)
TOLD: Final = "execution"
"""The kind of news."""


def ask(request: ExecutionRequest, system: Agent, bound: Bound, *, at: datetime) -> None:
    """Put the call into the inbox of who may approve it, and let no runner look at it until it is answered."""
    scope = tars_scope(request.tenant_id)
    needs = (requirement(system.constitution, request.action),)
    question = approvals.ask(
        scope=scope,
        subject_kind=KIND,
        subject_id=request.id,
        digest=bound.digest,
        requirements=needs,
        excluded_user_id=request.accountable_id,
        at=at,
        due_at=at + EXPIRES,
    )
    request.question = question
    sentence = f"This waits for one approval: {needs[0].label}."
    noted(request, "approval", sentence, at=at, system=system.name, outcome="asked", digest=bound.digest)
    moved_to(request, Stage.AWAITING_APPROVAL, at=at)
    due.drop(tenant_id=request.tenant_id, request_id=request.id)
    tell(
        scope=scope,
        user_ids=staff(scope=scope, at=at).able(needs, without=[request.accountable_id]),
        kind=TOLD,
        key=f"{question.id}:asked",
        subject=label_of(request),
        sentence=f"{ended(wish_of(request, system.name))} It waits for your approval.",
        url=url_of(request),
        at=at,
    )


def requirement(constitution: Any, action: str) -> Requirement:
    """One answer: of the role that the constitution names for the action, else of an operator."""
    named = constitution.get("approval_roles") if isinstance(constitution, Mapping) else None
    role = named.get(action) if isinstance(named, Mapping) else None
    return Requirement(frozenset({Role(role) if role in set(Role) else Role.OPERATOR}))


def label_of(request: ExecutionRequest) -> str:
    """What people call a request where there is no room for its words."""
    return f"Request {request.id.hex[-6:]}"


def wish_of(request: ExecutionRequest, system: str) -> str:
    """Who would do what, as a sentence."""
    return f"{system} wants to {request.action.replace('_', ' ')}: {words_of(request)}"


def ended(sentence: str) -> str:
    """With the full stop that people leave out of what they type."""
    return sentence if sentence.endswith((".", "?", "!", "…")) else f"{sentence}."


def words_of(request: ExecutionRequest) -> str:
    """The request's own words, in one short line."""
    text = " ".join(request.user_request.split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def url_of(request: ExecutionRequest) -> str:
    return f"/executions/{request.id}/"
