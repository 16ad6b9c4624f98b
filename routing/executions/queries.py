"""Executions as lists, pages and programs read them: under way or done, one shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from governance.errors import NotFound
from governance.scope import Capability, Scope
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.receipt import DOES_NOT, ESTABLISHES
from routing.executions.sealing import Anchor, anchor_of
from routing.executions.stages import Stage

_HEAVY: Final = ("request_embedding", "route", "input_data", "answer", "system__constitution")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list asks for; "" is everything. `state` is a stage, or one of the five statuses."""

    text: str = ""
    system: str = ""
    state: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. `status` is "" until it is done."""

    id: UUID
    request: str
    system: str
    action: str
    stage: str
    status: str
    requested_by: str
    parent_id: UUID | None
    created_at: datetime
    finished_at: datetime | None
    cost_usd: Decimal | None
    progress: int
    progress_note: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One execution with everything that a page shows. `digest` is what an approval must name, "" when nobody is asked."""

    line: Line
    input: Any
    output: Any
    error: str
    steps: tuple[Mapping[str, Any], ...]
    route: Mapping[str, Any] | None
    governance_check: Mapping[str, Any]
    question_id: UUID | None
    digest: str
    due_at: datetime | None
    deadline_at: datetime | None
    duration_ms: int | None
    stars: int | None
    feedback: str
    suggestions: tuple[str, ...]
    dispute: str
    disputed_by: str
    hops: tuple[Line, ...]
    is_cancel_wanted: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt as it is handed out. `anchor` is None until its batch stands in the ledger."""

    execution_id: UUID
    statement: bytes
    digest: str
    signer: str
    signature: str
    anchor: Anchor | None

    def as_json(self) -> dict[str, Any]:
        """What `tars ledger verify --receipt` reads."""
        anchor = self.anchor
        return {
            "statement": self.statement.decode(),
            "digest": self.digest,
            "signer": self.signer,
            "signature": self.signature,
            "anchor": None
            if anchor is None
            else {
                "ledger_sequence": anchor.sequence,
                "leaf": anchor.index,
                "size": anchor.size,
                "root": anchor.root,
                "path": list(anchor.path),
            },
            "establishes": list(ESTABLISHES),
            "does_not_establish": list(DOES_NOT),
        }


def executions(*, scope: Scope, filter: Filter | None = None) -> QuerySet[ExecutionRequest]:
    """Requests that the scope may see, newest first; slice them and give them to `lines_of`. Raises `NotAllowed`."""
    asked = filter or Filter()
    rows = _visible(scope)
    if asked.text:
        rows = rows.filter(user_request__icontains=asked.text)
    if asked.system:
        rows = rows.filter(system__name=asked.system)
    if asked.mine:
        rows = rows.filter(_mine(scope))
    if asked.state in set(Stage):
        rows = rows.filter(stage=asked.state)
    elif asked.state:
        done = Execution.objects.filter(tenant_id=scope.tenant_id, status=asked.state)
        rows = rows.filter(id__in=done.values("id"))
    return rows.order_by("-created_at", "-id")


def lines_of(rows: Iterable[ExecutionRequest]) -> list[Line]:
    """Rows of `executions` as a list shows them; no further query."""
    return [_line(row) for row in rows]


def execution(*, scope: Scope, id: UUID) -> Whole:
    """One execution, under way or done. Raises `NotFound`, also for what the scope may not see."""
    row = _visible(scope, whole=True).filter(id=id).first()
    if row is None:
        raise NotFound("There is no such execution.")
    done = Execution.objects.filter(tenant_id=scope.tenant_id, id=id).defer("request_embedding").first()
    hops = _rows(scope).filter(parent_id=id).order_by("created_at", "id")[:100]
    question = row.question if row.stage == Stage.AWAITING_APPROVAL.value else None
    return Whole(
        line=_line(row),
        input=row.input_data,
        output=done.output_data if done else None,
        error=(done.error_message or "") if done else "",
        steps=tuple(row.steps),
        route=row.route,
        governance_check=row.governance_check,
        question_id=question.id if question else None,
        digest=question.digest if question else "",
        due_at=question.due_at if question else None,
        deadline_at=row.deadline_at,
        duration_ms=done.duration_ms if done else None,
        stars=done.user_satisfaction if done else None,
        feedback=(done.user_feedback or "") if done else "",
        suggestions=tuple(done.suggested_improvements or ()) if done else (),
        dispute=done.dispute if done else "",
        disputed_by=done.disputed_by if done else "",
        hops=tuple(map(_line, hops)),
        is_cancel_wanted=row.is_cancel_wanted,
    )


def receipt(*, scope: Scope, id: UUID) -> Proof:
    """The receipt of an execution. Raises `NotFound` while there is none, or for what the scope may not see."""
    if not _visible(scope).filter(id=id).exists():
        raise NotFound("There is no such execution.")
    row = Receipt.objects.filter(tenant_id=scope.tenant_id, execution_id=id).first()
    if row is None:
        raise NotFound("The receipt is written when the work is done.")
    return Proof(
        execution_id=id,
        statement=bytes(row.statement),
        digest=row.digest,
        signer=row.signer,
        signature=bytes(row.signature).hex(),
        anchor=anchor_of(row) if row.sealed_in is not None else None,
    )


def _visible(scope: Scope, *, whole: bool = False) -> QuerySet[ExecutionRequest]:
    """Everything for who reads the record, or answers questions; else what they asked for."""
    rows = _rows(scope, whole=whole)
    if scope.can(Capability.READ_RECORD):
        return rows
    scope.demand(Capability.REQUEST, to="see executions")
    return rows.filter(_mine(scope))


def _rows(scope: Scope, *, whole: bool = False) -> QuerySet[ExecutionRequest]:
    done = Execution.objects.filter(tenant_id=scope.tenant_id, id=OuterRef("pk"))
    rows = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id).select_related("system", "question")
    rows = rows.annotate(status=Subquery(done.values("status")[:1]), cost_usd=Subquery(done.values("cost_usd")[:1]))
    return rows.defer("request_embedding", "system__constitution") if whole else rows.defer("steps", *_HEAVY)


def _mine(scope: Scope) -> Q:
    return Q(user_id=scope.actor.user_id) | Q(accountable_id=scope.actor.user_id)


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        request=row.user_request,
        system=row.system.name if row.system else row.wanted_system,
        action=row.action,
        stage=row.stage,
        status=row.status or "",
        requested_by=row.requested_by,
        parent_id=row.parent_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        cost_usd=row.cost_usd,
        progress=row.progress,
        progress_note=row.progress_note,
    )
