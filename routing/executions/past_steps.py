"""What a past request's road holds, and its steps with money, tools and the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing.budgets import amounts as exactly
from billing.budgets import holds
from billing.budgets.amounts import roughly
from billing.budgets.kinds import USD
from billing.budgets.models import Reservation
from billing.budgets.settling import settle_hold_within
from billing.budgets.usage import Usage
from governance.registry.models import System
from governance.rulebook.gather import Gathered
from governance.scope import Scope, agent_name
from routing.connectors.contract import Reply
from routing.connectors.limits import amounts_of
from routing.connectors.models import Connector
from routing.executions.bounding import Planned
from routing.executions.finishing import End, drawn_up, noted, should_try_elsewhere
from routing.executions.models import Execution, ExecutionRequest
from routing.executions.opening import GRACE
from routing.executions.stages import Stage, Status
from routing.telemetry.actions import rows_of

if TYPE_CHECKING:
    from routing.executions.past import Batch, Past


@dataclass(slots=True)
class Agent:
    """A system as a batch has read it."""

    system: System
    connector: Connector
    tools: dict[str, str]
    gathered: Gathered
    usual_cost: Decimal | None
    plans: dict[str, Planned] = field(default_factory=dict)

    @property
    def maximums(self) -> dict[str, Decimal]:
        return {name: amount for name, amount in amounts_of(self.connector.maximums).items() if amount}


@dataclass(slots=True)
class Road:
    """One request on its way. `now` is its clock, `charged` what its calls cost and whether a price was known."""

    batch: Batch
    past: Past
    request: ExecutionRequest
    now: datetime
    charged: list[tuple[Decimal, bool]] = field(default_factory=list)
    hops: list[Status] = field(default_factory=list)
    status: Status | None = None

    @property
    def scope(self) -> Scope:
        return self.batch.scope

    def note(self, step: str, sentence: str, **more: Any) -> None:
        noted(self.request, step, sentence, at=self.now, **more)


def reserved(road: Road, agent: Agent) -> Reservation | None:
    """What one call may cost at most, set aside; None where nothing has to be. Raises `NoMoney`."""
    request, amounts = road.request, agent.maximums
    if not amounts:
        return None
    key = f"execution/{request.id}/{agent.system.id}/{request.attempt + 1}"
    held = holds.reserve_within(
        scope=road.scope,
        system_id=agent.system.id,
        key=key,
        amounts=amounts,
        purpose=f"{request.action} for {request.requested_by}"[:500],
        subject=("execution", request.id),
        expires_at=road.now + timedelta(milliseconds=agent.connector.timeout_ms) + GRACE,
        at=road.now,
    )
    road.note("reserved", f"Set aside: {roughly(amounts)}.", hold=str(held.id))
    request.hold_id = held.id
    return Reservation(
        id=held.id,
        tenant_id=request.tenant_id,
        system=agent.system,
        amounts=exactly.texts(amounts),
        held_at=road.now,
    )


def keep_tools(road: Road, agent: Agent, reply: Reply) -> None:
    """What the agent tells of the tools that it used, as its own word."""
    road.batch.tools += rows_of(
        scope=road.scope,
        calls=reply.tool_calls,
        execution_id=road.request.id,
        at=road.now,
        keeps_arguments=agent.connector.keeps_arguments,
        reported_by=agent_name(agent.system.name),
    )


def settle(road: Road, hold: Reservation | None, usage: Usage) -> None:
    """Charge what was used, by the prices of the batch."""
    if hold is None:
        return
    settled = settle_hold_within(scope=road.scope, hold=hold, usage=usage, prices=road.batch.prices, at=road.now)
    if USD in settled.actual:
        road.charged.append((settled.actual[USD], settled.is_priced))
    road.note("settled", f"Charged: {roughly(settled.actual)}.", hold=str(hold.id))


def release(road: Road, hold: Reservation | None, because: str) -> None:
    """Give everything back."""
    if hold is not None and holds.release_within(scope=road.scope, hold_id=hold.id, because=because[:500], at=road.now):
        road.note("released", "What was set aside is given back.", hold=str(hold.id))


def end(road: Road, how: End) -> None:
    """The execution and its receipt, and the request done."""
    request, batch = road.request, road.batch
    cost = sum((amount for amount, _ in road.charged), Decimal(0))
    is_known = bool(road.charged) and all(is_priced for _, is_priced in road.charged)
    execution, proof = drawn_up(request, how, cost=cost if is_known else None, signer=batch.signer, at=road.now)
    _rate(road, execution)
    batch.executions.append(execution)
    batch.receipts.append(proof)
    road.status, request.stage, request.steps = how.status, Stage.DONE.value, execution.steps
    request.finished_at = request.updated_at = road.now


def _rate(road: Road, execution: Execution) -> None:
    rated = road.past.rated
    if rated is not None:
        execution.user_satisfaction, execution.user_feedback = rated.stars, rated.words or None
        execution.rated_by, execution.rated_at = rated.by, road.now + rated.after
        status = Status(execution.status)
        execution.should_retry_with_different_path = should_try_elsewhere(road.request, status, stars=rated.stars)
