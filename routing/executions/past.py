"""A demo's past: requests written many at a time, with everything that they would have left behind.

INVARIANTS: in a demo tenant and by TARS alone. No agent is called: the caller tells what it answered and how long it took.
Everything else comes about as for any request: the router chooses, the rulebook decides and signs, people approve, budgets are
reserved and settled, receipts are signed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max

from billing.budgets.models import Resource
from billing.budgets.preparing import alone_with_plans
from billing.budgets.settling import price_table
from governance.errors import NotAllowed
from governance.keys.actions import Signer
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.rulebook import storage
from governance.rulebook.answers import Answer
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.rulebook.models import StoredVerdict
from governance.scope import Scope
from governance.tenants.models import Tenant
from routing.connectors.actions import after_call
from routing.connectors.contract import AgentError, Reply
from routing.connectors.models import Connector
from routing.executions import past_road
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.executions.past_steps import Agent as Known
from routing.executions.sealing import EVENT
from routing.router.models import RoutingRule
from routing.telemetry.models import ToolCall

Agent = Callable[[str, str, int], "Told"]
"""What a system (by name) answered to an action, at its attempt number."""
Memory = MutableMapping[Hashable, Any]
"""The router's choices of earlier batches, while nothing that they depend on has changed."""


_ROUTER = ("constitution__routing_confidence_threshold", "constitution__routing_rules", "status")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one call, and how long it took."""

    outcome: Reply | AgentError
    ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """A person's answer to the question whether it may happen, some time after it was asked."""

    by: Scope
    is_yes: bool
    after: timedelta
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """Stars and words, some time after it ended."""

    by: str
    stars: int
    words: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Past:
    """One request of the past. `key` names it within the tenant. `parts`: what its system handed on while it was at work; they
    are asked in that system's name."""

    key: str
    by: Scope
    text: str
    at: datetime
    agent: Agent
    input: Any = None
    system: str = ""
    action: str = ""
    channel: str = "page"
    said: Said | None = None
    rated: Rated | None = None
    parts: Sequence[Past] = ()


@dataclass(slots=True)
class Batch:
    """What a batch has read and what it will write."""

    scope: Scope
    at: datetime
    memory: Memory
    signer: Signer
    prices: Mapping[tuple[str, str], Decimal]
    agents: dict[UUID, Known] = field(default_factory=dict)
    requests: list[ExecutionRequest] = field(default_factory=list)
    saved: list[ExecutionRequest] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    verdicts: list[StoredVerdict] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)


@governed("executions.play")
def play(*, scope: Scope, pasts: Sequence[Past], memory: Memory, at: datetime) -> list[UUID]:
    """Write these requests and what came of them; the ledger's entry carries the moment `at`, which is after all of them.

    Those whose key is there are passed over. Returns the ids of the others. Raises `NotAllowed` outside a demo tenant.
    """
    if not scope.actor.is_tars or not Tenant.objects.filter(id=scope.tenant_id, is_demo=True).exists():
        raise NotAllowed("Only a demo has a past that is told.")
    _lock_budgets(scope, pasts)
    batch = Batch(
        scope=scope,
        at=at,
        memory=_still_true(memory, tenant_id=scope.tenant_id),
        signer=ledger.signer_for(scope=scope, at=at),
        prices=price_table(scope=scope, at=at),
    )
    known = _known(scope, pasts)
    ids = [past_road.taken(batch, past).id for past in pasts if past_road.key_of(past.by, past) not in known]
    _record(batch)
    _write(batch)
    for agent in batch.agents.values():
        after_call(scope=scope, connector_id=agent.connector.id, outcome=Reply(), at=at)
    return ids


def _known(scope: Scope, pasts: Sequence[Past]) -> set[str]:
    keys = [past_road.key_of(past.by, past) for past in pasts]
    rows = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id, key__in=keys)
    return set(rows.values_list("key", flat=True))


def _lock_budgets(scope: Scope, pasts: Sequence[Past]) -> None:
    """HAZARD: people at work meanwhile lock budgets before the ledger's head; approvals in here lock the head first. Who prepares
    a budget locks the plans before it: a batch that meets a new system would do so with its budgets locked."""
    alone_with_plans(scope.tenant_id)
    moments = [past.at for past in pasts]
    running = Resource.objects.filter(tenant_id=scope.tenant_id, window_end__gt=min(moments))
    list(running.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))


def _still_true(memory: Memory, *, tenant_id: UUID) -> Memory:
    """Forget the choices when a rule, a connector, the router's thresholds or the law are others than when they were made."""
    mine = {"tenant_id": tenant_id}
    systems = System.objects.filter(**mine).values_list("id", "name", "constitution_version", *_ROUTER)
    rows = list(systems.order_by("name"))
    state = (
        RoutingRule.objects.filter(**mine).aggregate(Count("id"), Max("updated_at")),
        Connector.objects.filter(**mine).aggregate(Count("id"), Max("updated_at")),
        [(row[1], row[2] if row[1] == LAW else 0, *row[3:]) for row in rows],
    )
    if memory.get("state") != state:
        memory.clear()
        memory["state"] = state
    memory["versions"] = {row[0]: row[2] for row in rows}
    return memory


def _record(batch: Batch) -> None:
    """One entry for the batch: what the rules said, and the digest of the verdicts."""
    if batch.verdicts:
        entry = storage.record_batch(
            batch.answers, batch.verdicts, scope=batch.scope, verb="executions.verdicts", at=batch.at
        )
        for row in batch.verdicts:
            row.sealed_in = entry.sequence
    else:
        count = len(batch.executions)
        said = f"{count} requests ended before the rules were asked."
        action = {"name": "executions.play", "subject": "executions", "count": count}
        ledger.append(scope=batch.scope, at=batch.at, event_type=EVENT, action=action, explanation=said)


def _write(batch: Batch) -> None:
    StoredVerdict.objects.bulk_create(batch.verdicts)
    ExecutionRequest.objects.bulk_create(batch.requests)
    for request in batch.saved:
        request.save()
    Execution.objects.bulk_create(batch.executions)
    Receipt.objects.bulk_create(batch.receipts)
    ToolCall.objects.bulk_create(batch.tools)
