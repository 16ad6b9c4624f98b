"""What came back from an agent: the answer is kept, the money settled, the execution written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from billing.budgets import holds, settling
from billing.budgets.amounts import roughly
from billing.budgets.errors import HoldClosed
from billing.budgets.kinds import USD
from billing.budgets.settling import Settled
from billing.budgets.usage import BadUsage, Tokens, Usage
from governance.scope import tars_scope
from routing.connectors.contract import Usage as Told
from routing.executions.finishing import End, finish, noted, signer_of
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Status, status_of_answer

_HOPS: Final = """
SELECT e.status FROM execution_requests r
LEFT JOIN executions e ON e.tenant_id = r.tenant_id AND e.id = r.id AND r.stage = 'done'
WHERE r.tenant_id = %s AND r.parent_id = %s
"""


def step(request: ExecutionRequest, *, at: datetime) -> None:
    """Settle a locked request's hold by what its agent used, and write the execution with its receipt."""
    answer: Mapping[str, Any] = request.answer or {}
    settle(request, usage_of(answer.get("usage", {})), at=at)
    status = status_of_answer(is_partial=bool(answer.get("is_partial")), hops=_hops(request))
    error = (
        ""
        if status is Status.SUCCESS
        else "The agent said that its answer is not whole, or a part it handed on failed."
    )
    suggestions = tuple(answer.get("suggestions", ()))
    finish(request, End(status, error, answer.get("output"), suggestions), at=at)


def settle(request: ExecutionRequest, usage: Usage, *, at: datetime) -> None:
    """Charge the call's hold, if it has one; what is unknown is charged whole."""
    if request.hold_id is None:
        return
    try:
        settled = _settled(request, usage, at=at)
    except HoldClosed:
        return
    what = roughly(settled.actual)
    usd = settled.actual.get(USD)
    charged = {"usd": None if usd is None else str(usd), "is_priced": settled.is_priced}
    noted(request, "settled", f"Charged: {what}.", at=at, hold=str(request.hold_id), **charged)


def _settled(request: ExecutionRequest, usage: Usage, *, at: datetime) -> Settled:
    scope, signer = tars_scope(request.tenant_id), signer_of(request, at=at)
    if request.hold_read:
        hold, prices = settling.priced(request.hold_read)
        if hold.id == request.hold_id:
            return settling.settle_hold_within(scope=scope, hold=hold, usage=usage, prices=prices, at=at, signer=signer)
    assert request.hold_id is not None
    return settling.settle_within(scope=scope, hold_id=request.hold_id, usage=usage, at=at, signer=signer)


def release(request: ExecutionRequest, because: str, *, at: datetime) -> None:
    """Give the call's hold back, if it has one: nothing can have been used."""
    if request.hold_id is None:
        return
    scope = tars_scope(request.tenant_id)
    if holds.release_within(scope=scope, hold_id=request.hold_id, because=because[:500], at=at):
        noted(request, "released", "What was set aside is given back.", at=at, hold=str(request.hold_id))


def told(usage: Told) -> dict[str, Any]:
    """What the agent said it used, as the row keeps it: tokens by model, each with its own price."""
    tokens = _by_model(usage)
    return {
        "input_tokens": _sum(usage.tokens_in),
        "output_tokens": _sum(usage.tokens_out),
        "model": next(iter(tokens)) if len(tokens) == 1 else "",
        "by_model": tokens if len(tokens) > 1 else {},
        "compute_seconds": None if usage.compute_seconds is None else str(usage.compute_seconds),
        "api_calls": usage.api_calls,
    }


def usage_of(kept: Mapping[str, Any]) -> Usage:
    """The same, as money reads it. A report that cannot be is no report: the whole hold is charged."""
    seconds = kept.get("compute_seconds")
    try:
        return Usage(
            input_tokens=kept.get("input_tokens"),
            output_tokens=kept.get("output_tokens"),
            model=kept.get("model", ""),
            compute_seconds=None if seconds is None else Decimal(seconds),
            api_calls=kept.get("api_calls"),
            by_model={model: Tokens(*counts) for model, counts in kept.get("by_model", {}).items()},
        )
    except BadUsage:
        return Usage()


def _hops(request: ExecutionRequest) -> list[Status]:
    """How the work that was handed on ended; what is still under way did not succeed in time."""
    if not request.has_parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_HOPS, [request.tenant_id, request.id])
        return [Status(status or Status.FAILED) for (status,) in cursor.fetchall()]


def _sum(tokens: Mapping[str, int] | None) -> int | None:
    return None if tokens is None else sum(tokens.values())


def _by_model(usage: Told) -> dict[str, list[int | None]]:
    """Tokens in and out of each model. A side about which the agent said nothing is unknown for all of them."""
    models = sorted({*(usage.tokens_in or {}), *(usage.tokens_out or {})})
    sides = (usage.tokens_in, usage.tokens_out)
    return {model: [None if side is None else side.get(model, 0) for side in sides] for model in models}
