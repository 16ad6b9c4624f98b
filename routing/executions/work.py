"""One request's way through its steps, in the caller's thread: what the runner, tests and `tars run` use (docs/work.md)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.utils import timezone

from governance.tenancy import in_tenant
from routing.embeddings.choice import is_remote
from routing.executions import answering, calling, choosing, deciding, due, opening
from routing.executions.finishing import End, finish, keep, locked, noted
from routing.executions.lease import Lease
from routing.executions.models import ExecutionRequest
from routing.executions.opening import Opening
from routing.executions.stages import HOLDS, WAITS, Stage, Status
from routing.router.serving import likely

log = logging.getLogger(__name__)
_GOES_ON: Final = frozenset({Stage.RECEIVED, Stage.ROUTED, Stage.READY})
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

    `runner` has claimed the request under this name; without one it is taken with the first step. Once `is_stopping`, the request
    is given back after its step. What goes wrong is logged, and the request becomes due again after a pause.
    """
    lease = Lease(tenant_id, request_id, runner or f"here-{uuid4()}", clock, is_held=bool(runner))
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
        if locked(tenant_id=lease.tenant_id, request_id=lease.request_id, lease=lease.keeping()) is not None:
            due.postpone(tenant_id=lease.tenant_id, request_id=lease.request_id, until=lease.clock())


def _step(lease: Lease) -> bool:
    """The next steps, in a transaction of their own, and the call that they opened; False when there are none after them now."""
    if is_remote():
        _prepare(lease)
    with in_tenant(lease.tenant_id, durable=True):
        request = locked(tenant_id=lease.tenant_id, request_id=lease.request_id, lease=lease.keeping())
        if request is None:
            return False
        opened = _taken(request, claims=request.claims, clock=lease.clock)
        keep(request)
    if opened is not None:
        return calling.call(opened, lease=lease)
    return Stage(request.stage) not in WAITS


def _taken(request: ExecutionRequest, *, claims: int, clock: Callable[[], datetime]) -> Opening | None:
    """Take the steps of a locked request that follow each other; what they opened is called by the caller, who keeps the row.

    They share a transaction as far as everything goes well: a denial, a question and a second system are committed first, so
    that locks are taken in their order.
    """
    if claims > due.MOST_CLAIMS:
        _give_up(request, at=clock())
        return None
    before, known, decided, opened = Stage(request.stage), None, None, None
    match before:
        case Stage.RECEIVED:
            known = choosing.step(request, at=clock())
        case Stage.ROUTED | Stage.READY:
            pass
        case Stage.CALLING:
            # A call that this turn opened is made at once: one that is found open lost its process.
            calling.lost(request, at=clock())
        case Stage.ANSWERED:
            answering.step(request, at=clock())
        case _:
            due.drop(tenant_id=request.tenant_id, request_id=request.id)
    if request.stage == Stage.ROUTED and before in _GOES_ON:
        decided = deciding.step(request, known=known, at=clock())
    if request.stage == Stage.READY and before in _GOES_ON:
        opened = opening.step(request, decided=decided, at=clock())
    return opened


def _prepare(lease: Lease) -> None:
    """Ask an outside service for the vector before the row is locked: the embedder keeps it for the step."""
    with in_tenant(lease.tenant_id, durable=True):
        rows = ExecutionRequest.objects.filter(tenant_id=lease.tenant_id, id=lease.request_id)
        text = rows.filter(stage=Stage.RECEIVED.value).values_list("user_request", flat=True).first()
    if text is not None:
        likely(tenant_id=lease.tenant_id).embed([text])


def _give_up(request: ExecutionRequest, *, at: datetime) -> None:
    if request.stage in HOLDS:
        answering.settle(request, answering.usage_of({}), at=at)
    said = f"TARS began {due.MOST_CLAIMS} times and never came to an end. Tell who runs this installation."
    noted(request, "cancelled", said, at=at)
    finish(request, End(Status.FAILED, said), at=at)
