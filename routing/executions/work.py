"""One request's way through its steps, in the caller's thread: what the runner, tests and `tars run` use (docs/work.md)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.utils import timezone

from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.executions import answering, calling, choosing, deciding, due, opening
from routing.executions.finishing import End, finish, noted
from routing.executions.lease import Lease
from routing.executions.models import ExecutionRequest
from routing.executions.stages import HOLDS, Stage, Status

log = logging.getLogger(__name__)
MOST_STEPS: Final = 200
"""Steps of one turn: a request that needs more goes in circles, and stumbles."""


def advance(
    *,
    tenant_id: UUID,
    request_id: UUID,
    clock: Callable[[], datetime] = timezone.now,
    runner: str = "",
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Take the steps of one request until it waits or is done. Nothing happens while somebody else has it, or before it is due.

    Once `is_stopping`, the request is given back after its step. What goes wrong is logged, and the request becomes due again
    after a pause.
    """
    lease = Lease(tenant_id, request_id, runner or f"here-{uuid4()}", clock)
    with in_tenant(tenant_id, durable=True):
        if not due.take(tenant_id=tenant_id, request_id=request_id, runner=lease.runner, at=clock()):
            return
    try:
        for _ in range(MOST_STEPS):
            if not _step(lease):
                return
            if is_stopping():
                _give_back(lease)
                return
        raise RuntimeError(f"more than {MOST_STEPS} steps")
    except Exception:
        log.exception("request %s: a step failed", request_id)
        with in_tenant(tenant_id, durable=True):
            due.stumble(tenant_id=tenant_id, request_id=request_id, runner=lease.runner, at=clock())


def _give_back(lease: Lease) -> None:
    with in_tenant(lease.tenant_id, durable=True):
        if lease.renew():
            due.postpone(tenant_id=lease.tenant_id, request_id=lease.request_id, until=lease.clock())


def _step(lease: Lease) -> bool:
    """The next step, in a transaction of its own; False when there is none now."""
    _prepare(lease)
    with in_tenant(lease.tenant_id, durable=True):
        request = _locked(lease)
        if request is None or not lease.renew():
            return False
        is_opened = _taken(request, at=lease.clock())
    if is_opened:
        calling.call(tenant_id=lease.tenant_id, request_id=lease.request_id, lease=lease, clock=lease.clock)
    return True


def _taken(request: ExecutionRequest, *, at: datetime) -> bool:
    """Take the step of a locked request; True when a call was opened that the caller now makes."""
    if due.is_worn(tenant_id=request.tenant_id, request_id=request.id):
        _give_up(request, at=at)
        return False
    match Stage(request.stage):
        case Stage.RECEIVED:
            choosing.step(request, at=at)
        case Stage.ROUTED:
            deciding.step(request, at=at)
        case Stage.READY:
            return opening.step(request, at=at)
        case Stage.CALLING:
            # A call that this turn opened is made at once: one that is found open lost its process.
            calling.lost(request, at=at)
        case Stage.ANSWERED:
            answering.step(request, at=at)
        case _:
            due.drop(tenant_id=request.tenant_id, request_id=request.id)
    return False


def _prepare(lease: Lease) -> None:
    """Embed what is not routed yet, before the row is locked: the vector is kept by the embedder for the step."""
    with in_tenant(lease.tenant_id, durable=True):
        rows = ExecutionRequest.objects.filter(tenant_id=lease.tenant_id, id=lease.request_id)
        text = rows.filter(stage=Stage.RECEIVED.value).values_list("user_request", flat=True).first()
    if text is not None:
        current().embed([text])


def _locked(lease: Lease) -> ExecutionRequest | None:
    rows = ExecutionRequest.objects.select_for_update(of=("self",))
    return rows.filter(tenant_id=lease.tenant_id, id=lease.request_id).first()


def _give_up(request: ExecutionRequest, *, at: datetime) -> None:
    if request.stage in HOLDS:
        answering.settle(request, answering.usage_of({}), at=at)
    said = f"TARS began {due.MOST_CLAIMS} times and never came to an end. Tell who runs this installation."
    noted(request, "cancelled", said, at=at)
    finish(request, End(Status.FAILED, said), at=at)
