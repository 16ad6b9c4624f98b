"""One execution with everything that a page or a program reads of it, and its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from billing.budgets.models import Reservation
from governance.errors import NotFound
from governance.registry.models import System
from governance.scope import Scope
from routing.executions.models import Correction, Execution, Receipt
from routing.executions.queries.rows import Line, demand_visible, line_of, rows_of, visible
from routing.executions.receipt import DOES_NOT, ESTABLISHES
from routing.executions.sealing import Anchor, anchor_of
from routing.executions.stages import Stage

MOST_HOPS_SHOWN: Final = 100


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
    wanted: str
    attempt: int
    should_retry: bool
    is_own: bool
    tried: tuple[UUID, ...]
    system_id: UUID | None
    lifecycle: str = "HOT"
    corrected_to: str = ""
    corrected_by: str = ""

    @property
    def is_away(self) -> bool:
        """Whether its contents are in an archive, or were destroyed: what is here is what is left."""
        return self.lifecycle in {"ARCHIVED", "PRUNED"}


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to a request so far, for who asks often."""

    stage: str
    status: str
    progress: int
    progress_note: str
    steps: tuple[Mapping[str, Any], ...]


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


def execution(*, scope: Scope, id: UUID) -> Whole:
    """One execution, under way or done. Raises `NotFound`, also for what the scope may not see."""
    row = visible(scope, whole=True).filter(id=id).first()
    if row is None:
        raise NotFound("There is no such execution.")
    done = Execution.objects.filter(tenant_id=scope.tenant_id, id=id).defer("request_embedding").first()
    parts = rows_of(scope).filter(parent_id=id).order_by("id")[:MOST_HOPS_SHOWN]
    corrected = _corrected(scope, id) if done else ("", "")
    question = row.question if row.stage == Stage.AWAITING_APPROVAL.value else None
    return Whole(
        line=line_of(row),
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
        hops=tuple(map(line_of, parts)),
        is_cancel_wanted=row.is_cancel_wanted,
        session=row.session,
        routing_path=_names(scope, row.routing_path),
        verdict_id=row.verdict_id,
        holds=_holds(scope, id),
        receipt=_sealed(scope, id),
        rated_by=done.rated_by if done else "",
        rated_at=done.rated_at if done else None,
        disputed_at=done.disputed_at if done else None,
        wanted=row.wanted_system,
        attempt=row.attempt,
        should_retry=bool(done and done.should_retry_with_different_path),
        is_own=scope.actor.user_id in {row.user_id, row.accountable_id} - {None},
        tried=tuple(row.tried),
        system_id=row.system_id,
        lifecycle=done.lifecycle_state if done else "HOT",
        corrected_to=corrected[0],
        corrected_by=corrected[1],
    )


def _corrected(scope: Scope, id: UUID) -> tuple[str, str]:
    """Who should have got it, and who says so; nothing where nobody does."""
    rows = Correction.objects.filter(tenant_id=scope.tenant_id, execution_id=id, system__isnull=False)
    return rows.values_list("system__name", "corrected_by").first() or ("", "")


def story(*, scope: Scope, id: UUID) -> Story:
    """What happened so far, in one query. Raises `NotFound`, also for what the scope may not see."""
    rows: Any = visible(scope).filter(id=id)
    found = rows.values_list("stage", "status", "progress", "progress_note", "steps").first()
    if found is None:
        raise NotFound("There is no such execution.")
    stage, status, progress, note, steps = found
    return Story(stage, status or "", progress, note, tuple(steps))


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
