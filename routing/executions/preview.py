"""What a person who is asked sees: exactly what will happen, whether it still would, and whether they may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from billing.budgets.amounts import read, said
from governance.amendments.queries.standing import Authority, asked
from governance.approvals.actions import seat_for
from governance.approvals.models import ApprovalDecision, ApprovalRequest, RequestState, Verdict, Via
from governance.approvals.quorum import Requirement
from governance.errors import NotAllowed
from governance.scope import Role, Scope
from routing.connectors.models import Connector, Kind
from routing.executions.bound import moved
from routing.executions.bounding import planned
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage


@dataclass(frozen=True, slots=True)
class Box:
    """Why each answer cannot be given by this reader, "" when it can; `seat`: as whom they would answer."""

    approve: str
    refuse: str
    seat: str

    @property
    def is_open(self) -> bool:
        return not self.approve or not self.refuse


@dataclass(frozen=True, slots=True)
class Preview:
    """One call as its question names it. `moved`: what moved since it was asked, "" when nothing did."""

    bound: Mapping[str, Any]
    maximum: str
    way: str
    target: str
    digest: str
    due_at: datetime | None
    excluded: tuple[str, ...]
    moved: str
    authority: Authority
    box: Box


def preview(*, scope: Scope, id: UUID, at: datetime) -> Preview | None:
    """The question of a request that waits for an answer; None for any other. The caller has found that the scope may see it."""
    rows = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id, id=id, stage=Stage.AWAITING_APPROVAL.value)
    request = rows.select_related("system", "question").first()
    if request is None or request.question is None or request.system is None:
        return None
    question, kept = request.question, request.governance_check["bound"]
    connector = Connector.objects.filter(tenant_id=scope.tenant_id, system=request.system).first()
    requirements = [Requirement.of(data) for data in question.requirements]
    return Preview(
        bound=kept,
        maximum=", ".join(said(name, amount) for name, amount in read(kept["maximums"]).items()),
        way=str(Kind(connector.kind).label) if connector else "",
        target=connector.target if connector else "",
        digest=question.digest,
        due_at=question.due_at,
        excluded=_excluded(request),
        moved=moved(kept, planned(request).bound),
        authority=asked(
            scope=scope,
            request=question,
            requirements=requirements,
            excluded_user_id=question.excluded_user_id,
            at=at,
        ),
        box=_box(scope, question, at=at),
    )


def _excluded(request: ExecutionRequest) -> tuple[str, ...]:
    """Everybody else who was considered: an approval is for the one system that it names."""
    rows = (request.route or {}).get("candidates", ())
    return tuple(one["name"] for one in rows if one["system_id"] != str(request.system_id))


def _box(scope: Scope, question: ApprovalRequest, *, at: datetime) -> Box:
    approve, seat = _may(scope, question, Verdict.APPROVE, at=at)
    refuse, other = _may(scope, question, Verdict.REJECT, at=at)
    return Box(approve, refuse, seat or other)


def _may(scope: Scope, question: ApprovalRequest, verdict: Verdict, *, at: datetime) -> tuple[str, str]:
    """Why this reader cannot give this answer, and as whom they would."""
    if question.state != RequestState.OPEN:
        return "This has been answered already.", ""
    if scope.actor.user_id is not None and scope.actor.user_id == question.excluded_user_id:
        return "You asked for this, or answer for the system that did; a second person must decide it.", ""
    if ApprovalDecision.objects.filter(request=question, user_id=scope.actor.user_id).exists():
        return "You have answered this.", ""
    try:
        seat = seat_for(scope=scope, request=question, verdict=verdict, override=False, at=at)
    except NotAllowed as refusal:
        return refusal.sentence, ""
    wanted = frozenset().union(*(Requirement.of(data).roles for data in question.requirements))
    names = " and ".join(role.label for role in Role if role in seat.roles & wanted)
    return "", f"a deputy for {names}" if seat.via is Via.DEPUTY else names
