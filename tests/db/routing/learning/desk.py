"""What the tests about learning share: executions that are done and anchored, and a night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max

from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.registry.models import System
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.executions.models import Execution, ExecutionRequest, Receipt
from routing.learning import night
from routing.learning.models import RuleProposal
from routing.router.embedding import embed_systems
from tests import factories as make
from tests.db.router import desk as router

PLACES = ("Chicago", "Tulsa", "Denver", "Boston", "Dallas")
NIGHT = date(2026, 1, 1)


def cast() -> make.Cast:
    found = make.cast()
    router.system(found, "domicile", "payroll", description="Payroll processing, PDF extraction")
    router.system(found, "notion", "pages", description="Pages and notes")
    embed_systems(tenant_id=found.tenant.id)
    return found


def system_id(scope: Scope, name: str) -> UUID:
    with in_tenant(scope.tenant_id):
        return System.objects.get(tenant_id=scope.tenant_id, name=name).id


def texts(count: int, said: str = "Book a meeting room in {}") -> list[str]:
    return [said.format(PLACES[n % len(PLACES)]) for n in range(count)]


def done(
    scope: Scope,
    asked: Sequence[str],
    system: str = "domicile",
    *,
    status: str = "success",
    at: datetime | None = None,
    **more: Any,
) -> list[UUID]:
    """Executions that ended, with anchored receipts, written as the road leaves them; their history is not what is tested."""
    at = at or make.later(5)
    vectors = more.pop("vectors", None)
    vectors = current().embed(list(asked)) if vectors is None else vectors
    model, id = more.pop("model", current().model), system_id(scope, system)
    path = more.pop("path", [id])
    requests, executions, receipts = [], [], []
    for n, (text, vector) in enumerate(zip(asked, vectors, strict=True)):
        moment = at + timedelta(milliseconds=n)
        key = new_id(moment)
        requests.append(
            ExecutionRequest(
                id=key, tenant_id=scope.tenant_id, key=str(key), body_digest="", user_request=text, requested_by="bo",
                stage="done", created_at=moment, updated_at=moment, finished_at=moment,
            )
        )  # fmt: skip
        executions.append(
            Execution(
                id=key, tenant_id=scope.tenant_id, system_id=id, system_name=system, user_request=text,
                request_embedding=vector.tolist(), embedding_model=model, routing_path=path, governance_check={},
                status=status, started_at=moment, completed_at=moment + timedelta(seconds=1),
                cost_usd=more.get("cost", Decimal("0.10")), requested_by="bo", route={"router": "clay-consigliere"},
                action=more.get("action", "payroll"), user_satisfaction=more.get("stars"),
                disputed_at=moment if more.get("disputed") else None,
            )
        )  # fmt: skip
        receipts.append(
            Receipt(
                id=new_id(moment), tenant_id=scope.tenant_id, execution_id=key, at=moment, statement=b"{}", digest="",
                signer="", signature=b"",
            )
        )  # fmt: skip
    _write(scope, requests, executions, receipts, at=at)
    return [one.id for one in executions]


def _write(
    scope: Scope,
    requests: list[ExecutionRequest],
    executions: list[Execution],
    receipts: list[Receipt],
    *,
    at: datetime,
) -> None:
    with in_tenant(scope.tenant_id, durable=True):
        ExecutionRequest.objects.bulk_create(requests)
        Execution.objects.bulk_create(executions)
        last = Receipt.objects.filter(tenant_id=scope.tenant_id).aggregate(last=Max("sealed_in"))["last"] or 0
        for leaf, one in enumerate(receipts):
            one.sealed_in, one.leaf = last + 1, leaf
        Receipt.objects.bulk_create(receipts)
        action = {"name": "tests.done", "subject": "executions"}
        ledger.append(scope=scope, at=at, event_type="execution", action=action, explanation="Executions of a test.")


def learn(cast: make.Cast, *, nights: int = 0, minutes: int = 60, **more: Any) -> night.Night:
    """The night so many after the first."""
    at = more.pop("at", None) or make.later(minutes)
    when = NIGHT + timedelta(days=nights)
    return night.learn(scope=cast.tars, model=current().model, night=when, at=at, **more)


def proposals(scope: Scope) -> list[RuleProposal]:
    with in_tenant(scope.tenant_id):
        rows = RuleProposal.objects.filter(tenant_id=scope.tenant_id).select_related("recommended_system", "rule")
        return list(rows.order_by("proposed_at", "id"))


def proposed(cast: make.Cast, count: int = 60, **more: Any) -> RuleProposal:
    """One proposal that waits, out of so many executions."""
    done(cast.tars, texts(count), **more)
    learn(cast)
    (found,) = proposals(cast.tars)
    return found
