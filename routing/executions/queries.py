"""Executions as lists, pages and programs read them: under way or done, one shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from billing.budgets.models import Reservation
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Capability, Scope
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.receipt import DOES_NOT, ESTABLISHES
from routing.executions.sealing import Anchor, anchor_of
from routing.executions.stages import Stage

MOST_HOPS_SHOWN: Final = 100
_HEAVY: Final = ("request_embedding", "route", "input_data", "answer", "system__constitution")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list asks for; "" is everything. `state` is a stage, or one of the five statuses; `mode` says whether a person had
    to be asked (`approved`) or not (`direct`); `stars` 0 is any rating; `until` is outside."""

    text: str = ""
    system: str = ""
    state: str = ""
    mine: bool = False
    channel: str = ""
    mode: str = ""
    stars: int = 0
    since: datetime | None = None
    until: datetime | None = None


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
    channel: str
    stars: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """Money set aside for one call. `actual` is None until it is charged or given back; both are decimal text by type."""

    id: UUID
    state: str
    amounts: Mapping[str, str]
    actual: Mapping[str, str] | None
    is_priced: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """Which receipt there is. `ledger_sequence` is None until it is anchored."""

    digest: str
    signer: str
    ledger_sequence: int | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One execution with everything that a page shows. `digest` is what an approval must name, "" when nobody is asked.

    `routing_path` are names: who was called, in order, those first who handed it on.
    """

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
    session: str
    routing_path: tuple[str, ...]
    verdict_id: UUID | None
    holds: tuple[Held, ...]
    receipt: Sealed | None
    rated_by: str
    rated_at: datetime | None
    disputed_at: datetime | None


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
    """Requests that the scope may see, newest first; slice them and give them to `lines_of`. Raises `NotAllowed`.

    Ids sort by time: go on after a row with `.filter(id__lt=row.id)`.
    """
    asked = filter or Filter()
    plain = {
        "user_request__icontains": asked.text,
        "system__name": asked.system,
        "steps__0__channel": asked.channel,
        "created_at__gte": asked.since,
        "created_at__lt": asked.until,
    }
    rows = _visible(scope).filter(**{name: value for name, value in plain.items() if value})
    if asked.mine:
        rows = rows.filter(_mine(scope))
    if asked.mode:
        had_to_ask = Q(governance_check__contains={"requires_approval": True})
        rows = rows.filter(had_to_ask if asked.mode == "approved" else ~had_to_ask)
    if asked.state in set(Stage):
        rows = rows.filter(stage=asked.state)
    ended = {"status": "" if asked.state in set(Stage) else asked.state, "user_satisfaction": asked.stars}
    if wanted := {name: value for name, value in ended.items() if value}:
        done = Execution.objects.filter(tenant_id=scope.tenant_id, **wanted)
        rows = rows.filter(id__in=done.values("id"))
    return rows.order_by("-id")


def hops(*, scope: Scope, id: UUID) -> QuerySet[ExecutionRequest]:
    """What was handed on of a request, the oldest first. Raises `NotFound`, also for what the scope may not see."""
    demand_visible(scope=scope, id=id)
    return _rows(scope).filter(parent_id=id).order_by("id")


def demand_visible(*, scope: Scope, id: UUID) -> None:
    """Raise `NotFound` for what is not there, or what the scope may not see."""
    if not _visible(scope).filter(id=id).exists():
        raise NotFound("There is no such execution.")


def lines_of(rows: Iterable[ExecutionRequest]) -> list[Line]:
    """Rows of `executions` as a list shows them; no further query."""
    return [_line(row) for row in rows]


def execution(*, scope: Scope, id: UUID) -> Whole:
    """One execution, under way or done. Raises `NotFound`, also for what the scope may not see."""
    row = _visible(scope, whole=True).filter(id=id).first()
    if row is None:
        raise NotFound("There is no such execution.")
    done = Execution.objects.filter(tenant_id=scope.tenant_id, id=id).defer("request_embedding").first()
    parts = _rows(scope).filter(parent_id=id).order_by("id")[:MOST_HOPS_SHOWN]
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
        hops=tuple(map(_line, parts)),
        is_cancel_wanted=row.is_cancel_wanted,
        session=row.session,
        routing_path=_names(scope, row.routing_path),
        verdict_id=row.verdict_id,
        holds=_holds(scope, id),
        receipt=_sealed(scope, id),
        rated_by=done.rated_by if done else "",
        rated_at=done.rated_at if done else None,
        disputed_at=done.disputed_at if done else None,
    )


def receipt(*, scope: Scope, id: UUID) -> Proof:
    """The receipt of an execution. Raises `NotFound` while there is none, or for what the scope may not see."""
    demand_visible(scope=scope, id=id)
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
    rows = rows.annotate(
        status=Subquery(done.values("status")[:1]),
        cost_usd=Subquery(done.values("cost_usd")[:1]),
        stars=Subquery(done.values("user_satisfaction")[:1]),
        channel=F("steps__0__channel"),
    )
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
        channel=row.channel or "",
        stars=row.stars,
    )


def _names(scope: Scope, ids: Sequence[UUID]) -> tuple[str, ...]:
    if not ids:
        return ()
    known = dict(System.objects.filter(tenant_id=scope.tenant_id, id__in=ids).values_list("id", "name"))
    return tuple(known.get(id, str(id)) for id in ids)


def _holds(scope: Scope, id: UUID) -> tuple[Held, ...]:
    rows = Reservation.objects.filter(tenant_id=scope.tenant_id, subject_kind="execution", subject_id=id)
    values = rows.order_by("id").values_list("id", "state", "amounts", "actual", "is_priced")
    return tuple(Held(*row) for row in values)


def _sealed(scope: Scope, id: UUID) -> Sealed | None:
    rows = Receipt.objects.filter(tenant_id=scope.tenant_id, execution_id=id)
    found = rows.values_list("digest", "signer", "sealed_in").first()
    return Sealed(*found) if found else None
