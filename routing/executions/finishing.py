"""The last step of a request: execution and receipt are written whole, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from billing.budgets.kinds import USD
from billing.budgets.settling import PRICED
from governance import canonical, sql
from governance.ids import new_id
from governance.keys.actions import Signer, unsealed
from governance.ledger import actions as ledger
from governance.registry.models import SystemVersion
from governance.scope import tars_scope
from governance.sql import Statement
from routing.executions import due, elsewhere, receipt
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.receipt import Done
from routing.executions.stages import Stage, Status, demand_step
from routing.executions.track import mark_of

CHANGES: Final = (
    "action", "stage", "system", "attempt", "tried", "routing_path", "route", "governance_check", "steps", "embedding_model",
    "request_embedding", "verdict_id", "approval_digest", "question", "hold", "answer", "progress", "progress_note",
    "deadline_at", "called_at", "updated_at", "finished_at",
)  # fmt: skip
"""What a step may change; what cancels a request is written beside it."""
_VECTOR: Final = "SELECT request_embedding FROM execution_requests WHERE tenant_id = %s AND id = %s"
_CHARGED: Final = "SELECT actual ->> %s, is_priced FROM reservations WHERE tenant_id = %s AND id = ANY(%s::uuid[])"


@dataclass(frozen=True, slots=True)
class End:
    """How a request ends. `error` is a sentence for people, "" for success."""

    status: Status
    error: str = ""
    output: Any = None
    suggestions: tuple[str, ...] = ()


def finish(request: ExecutionRequest, end: End, *, at: datetime) -> Execution:
    """Write what came of a locked request, with its receipt, and let no runner look at it again.

    The hold has been settled or released by the caller: what it charged is read from it.
    """
    demand_step(Stage(request.stage), Stage.DONE)
    execution, proof = drawn_up(request, end, cost=cost_of(request), signer=signer_of(request, at=at), at=at)
    request.stage, request.finished_at, request.updated_at = Stage.DONE.value, at, at
    request.steps = execution.steps
    sql.soon(
        sql.insertion(execution, instead=_embedding(request)),
        sql.insertion(proof),
        *_changes(request),
        due.dropping(tenant_id=request.tenant_id, request_id=request.id),
    )
    return execution


def _embedding(request: ExecutionRequest) -> dict[str, Statement]:
    """The request's vector as it lies there, where this step has neither read nor made it: it is long."""
    if "request_embedding" not in request.get_deferred_fields():
        return {}
    return {"request_embedding": Statement(_VECTOR, [request.tenant_id, request.id])}


def drawn_up(
    request: ExecutionRequest, end: End, *, cost: Decimal | None, signer: Signer, at: datetime
) -> tuple[Execution, Receipt]:
    """The execution of a request and its receipt, signed, not saved yet. `cost` is what its calls were charged."""
    execution = _execution(request, end, cost=cost, at=at)
    data = receipt.statement(_done(request, execution), signer=signer.did)
    signature = signer.sign(receipt.signed_message(data))
    execution.receipt_signature = signature.hex()
    proof = sql.made(
        Receipt,
        id=new_id(at),
        tenant_id=request.tenant_id,
        execution_id=execution.id,
        at=at,
        statement=data,
        digest=canonical.digest_bytes(data),
        signer=signer.did,
        signature=signature,
    )
    return execution, proof


def locked(
    *, tenant_id: UUID, request_id: UUID, lease: Statement | None = None, with_hold: bool = False
) -> ExecutionRequest | None:
    """The request, locked until the transaction ends, with TARS's key; its vector is not read.

    `lease` takes or keeps it under the lock; None also when it is somebody else's by now. It is read with its `claims`.
    `with_hold`: and with what settling asks of its hold.
    """
    values = [tenant_id, request_id, *(lease.values if lease else ())]
    return next(iter(sql.read(ExecutionRequest, _locking(lease.text if lease else "", with_hold), values)), None)


@lru_cache
def _locking(lease: str, with_hold: bool) -> str:
    # the lease waits for the lock: whoever else changes both rows locks the request first
    leased = f", lease AS ({lease} AND EXISTS (SELECT 1 FROM r) RETURNING claims)" if lease else ""  # noqa: S608
    held = f", {PRICED} AS hold_read" if with_hold else ""
    columns = [str(field.column) for field in ExecutionRequest._meta.concrete_fields]
    columns.remove("request_embedding")
    return f"""
WITH r AS MATERIALIZED (
  SELECT {", ".join(columns)} FROM execution_requests WHERE tenant_id = %s AND id = %s FOR UPDATE){leased}
SELECT r.*, k.id AS signer_id, k.sealed_private_key AS signer_sealed{", lease.claims" if lease else ""}{held}
FROM r {"CROSS JOIN lease" if lease else ""}
LEFT JOIN actor_keys k ON k.tenant_id = r.tenant_id AND k.user_id IS NULL AND k.retired_at IS NULL
"""  # noqa: S608


def signer_of(request: ExecutionRequest, *, at: datetime) -> Signer:
    """TARS's signer, as it was read with the locked request."""
    if request.signer_id is None:
        return ledger.signer_for(scope=tars_scope(request.tenant_id), at=at)
    return unsealed(request.signer_id, bytes(request.signer_sealed))


def keep(request: ExecutionRequest) -> None:
    """Write what was changed of a locked request, if anything was."""
    if changes := _changes(request):
        sql.soon(*changes)


def _changes(request: ExecutionRequest) -> list[Statement]:
    changed = request.changed(CHANGES)
    if not changed:
        return []
    request.note_kept()
    return [sql.change(request, changed)]


def noted(request: ExecutionRequest, step: str, sentence: str, *, at: datetime, **more: Any) -> None:
    """Append one step to the request's story; the caller saves it."""
    request.steps = [*request.steps, {"at": at.isoformat(), "step": step, "sentence": sentence, **more}]


def cost_of(request: ExecutionRequest) -> Decimal | None:
    """Dollars that the request's calls were charged, all of them; None where nothing was held or a price was unknown."""
    holds = {step["hold"] for step in request.steps if step.get("hold")}
    known = {step["hold"]: (step["usd"], step["is_priced"]) for step in request.steps if "is_priced" in step}
    if not holds:
        return None
    found = known.values() if known.keys() == holds else _charged(request, holds)
    charged = [(amount, is_priced) for amount, is_priced in found if amount is not None]
    if not charged or not all(is_priced for _, is_priced in charged):
        return None
    return sum((Decimal(amount) for amount, _ in charged), Decimal(0))


def _charged(request: ExecutionRequest, holds: Collection[str]) -> list[tuple[str | None, bool]]:
    """What these holds were charged, as it stands on them: what nobody settled here, somebody else may have."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGED, [USD, request.tenant_id, list(holds)])
        return cursor.fetchall()


def should_try_elsewhere(request: ExecutionRequest, status: Status, *, stars: int | None = None) -> bool:
    """Whether another system is left that might do better."""
    left = elsewhere.others(request.route, asked={*map(str, request.tried), str(request.system_id)})
    is_off = any(step["step"] == "cancelled" for step in request.steps)
    return elsewhere.should_try(status=status, stars=stars, is_called_off=is_off, others=len(left))


def _execution(request: ExecutionRequest, end: End, *, cost: Decimal | None, at: datetime) -> Execution:
    bound: Mapping[str, Any] = request.governance_check.get("bound") or {}
    route: Mapping[str, Any] = request.route or {}
    confidence = route.get("confidence")
    noted(request, "receipt", f"Ended: {mark_of(stage=Stage.DONE, status=end.status).word.lower()}.", at=at)
    return sql.made(
        Execution,
        id=request.id,
        tenant_id=request.tenant_id,
        system_id=request.system_id,
        system_name=bound.get("system") or (request.system.name if request.system else request.wanted_system),
        user_request=request.user_request,
        request_embedding=request.__dict__.get("request_embedding"),
        embedding_model=request.embedding_model,
        routing_path=request.routing_path,
        routing_confidence=None if confidence is None else Decimal(str(round(confidence, 4))),
        route=request.route,
        steps=request.steps,
        input_data=request.input_data,
        output_data=end.output,
        governance_check=request.governance_check,
        status=end.status.value,
        error_message=end.error or None,
        started_at=request.created_at,
        completed_at=at,
        last_accessed_at=at,
        cost_usd=cost,
        should_retry_with_different_path=should_try_elsewhere(request, end.status),
        suggested_improvements=list(end.suggestions) or None,
        action=request.action,
        requested_by=request.requested_by,
        user_id=request.user_id,
        parent_id=request.parent_id,
        verdict_id=request.verdict_id,
    )


def _done(request: ExecutionRequest, execution: Execution) -> Done:
    check = request.governance_check
    bound: Mapping[str, Any] = check.get("bound") or _constitution(request.tenant_id, request.system_id)
    return Done(
        execution_id=str(request.id),
        tenant_id=str(request.tenant_id),
        requested_by=request.requested_by,
        request=request.user_request,
        input=request.input_data,
        output=execution.output_data,
        status=execution.status,
        error=execution.error_message or "",
        system_id=str(request.system_id) if request.system_id else None,
        system=execution.system_name,
        action=request.action,
        routing_path=tuple(map(str, request.routing_path)),
        constitution_version=bound["constitution_version"],
        constitution_digest=bound["constitution_digest"],
        tools_digest=bound.get("connector_digest", ""),
        verdict_id=str(request.verdict_id) if request.verdict_id else None,
        verdict_digest=check.get("verdict_digest", ""),
        outcome=check.get("outcome", ""),
        approved_by=check.get("approved_by", ""),
        approval_digest=request.approval_digest,
        hold_id=str(request.hold_id) if request.hold_id else None,
        cost_usd=None if execution.cost_usd is None else f"{execution.cost_usd:f}",
        started_at=execution.started_at,
        completed_at=execution.completed_at or execution.started_at,
    )


def _constitution(tenant_id: UUID, system_id: UUID | None) -> Mapping[str, Any]:
    """The version in force and its digest, for a request about which the rules were not asked."""
    rows = SystemVersion.objects.filter(tenant_id=tenant_id, system=system_id).order_by("-number")
    number, digest = rows.values_list("number", "digest").first() or (None, "")
    return {"constitution_version": number, "constitution_digest": digest}
