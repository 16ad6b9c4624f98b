"""Tenants from outside, over REST: a staff session, or a staff person's own token that holds `manage_tenant`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import NotAllowed
from governance.identity.confirm import NotConfirmed, confirm_in_body
from governance.rest import Face, endpoint, paged, paging
from governance.tenants.actions import BudgetInUse, DomainTaken, NotOpen, ReasonMissing, SeatsInUse
from governance.tenants.models import Tier
from governance.web import now
from tarsweb.people.letters import deliver
from tarsweb.platform import actions, queries, shapes
from tarsweb.platform import budgets as money
from tarsweb.platform.stewards import Steward, steward_of


class Tenants(Face):
    @endpoint(gives=shapes.Tenant, query=shapes.TenantQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Every tenant, in the order in which they were opened."""
        steward = _steward(request)
        limit, after = paging(request)
        found = sorted(
            (
                line
                for line in queries.tenants(actor=steward.actor, filter=queries.Filter(**asked))
                if str(line.id) > after
            ),
            key=lambda line: line.id,
        )
        results = [_record(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Opened, status=201, takes=shapes.NewTenant, problems=(DomainTaken,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Open a tenant with this month's dollars, and invite its first admin."""
        steward = _steward(request)
        opened = actions.open_tenant(by=steward, at=now(), **{**body, "tier": Tier(body["tier"])})
        link = deliver(opened.invited) if opened.invited else ""
        record = _record(queries.tenant(actor=steward.actor, tenant_id=opened.tenant.id))
        address = reverse("api-platform-tenant", kwargs={"tenant_id": opened.tenant.id})
        headers = {"Location": address, "Cache-Control": "no-store"}
        return Response({**record, "invitation_link": link or None}, status=201, headers=headers)


class Budgets(Face):
    @endpoint(gives=shapes.TenantBudgets, query=shapes.BudgetQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """How full every tenant's budgets are, in the order in which the tenants were opened."""
        steward = _steward(request)
        limit, after = paging(request)
        lines = money.lines(actor=steward.actor, at=now(), filter=money.Filter(**asked))
        found = sorted((line for line in lines if str(line.id) > after), key=lambda line: line.id)
        results = [line.as_row() for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class OneTenant(Face):
    @endpoint(gives=shapes.Tenant)
    def get(self, request: Request, tenant_id: UUID) -> Response:
        """A tenant's contract and how full it is."""
        return _answered(_steward(request), tenant_id)


class Terms(Face):
    @endpoint(gives=shapes.Tenant, takes=shapes.Terms, problems=(SeatsInUse, BudgetInUse, ReasonMissing))
    def post(self, request: Request, tenant_id: UUID, body: dict[str, Any]) -> Response:
        """Change a tenant's contract; not below what is taken, promised or running."""
        steward = _steward(request)
        queries.tenant(actor=steward.actor, tenant_id=tenant_id)
        actions.change_terms(by=steward, tenant_id=tenant_id, at=now(), **{**body, "tier": Tier(body["tier"])})
        return _answered(steward, tenant_id)


class Deactivate(Face):
    @endpoint(gives=shapes.Tenant, takes=shapes.Confirmed, problems=(NotOpen, ReasonMissing, NotConfirmed))
    def post(self, request: Request, tenant_id: UUID, body: dict[str, Any]) -> Response:
        """Refuse a tenant's people and programs; a person who is there confirms it. The record is kept, the members are told."""
        steward = _steward(request)
        queries.tenant(actor=steward.actor, tenant_id=tenant_id)
        reason = _confirmed(request, tenant_id, body, near="close")
        actions.close_tenant(by=steward, tenant_id=tenant_id, at=now(), reason=reason)
        return _answered(steward, tenant_id)


class Reactivate(Face):
    @endpoint(gives=shapes.Tenant, takes=shapes.Confirmed, problems=(NotOpen, ReasonMissing, NotConfirmed))
    def post(self, request: Request, tenant_id: UUID, body: dict[str, Any]) -> Response:
        """Open a deactivated tenant again, confirmed by a person who is there."""
        steward = _steward(request)
        queries.tenant(actor=steward.actor, tenant_id=tenant_id)
        reason = _confirmed(request, tenant_id, body, near="reopen")
        actions.reopen_tenant(by=steward, tenant_id=tenant_id, at=now(), reason=reason)
        return _answered(steward, tenant_id)


def _steward(request: Request) -> Steward:
    """The staff person who asks. The schema names these addresses, so nothing is gained by hiding them here."""
    try:
        return steward_of(request._request)
    except Http404:
        raise NotAllowed("You need to be platform staff to manage tenants.") from None


def _confirmed(request: Request, tenant_id: UUID, body: dict[str, Any], *, near: str) -> str:
    """The body's reason, once the person has proved presence; raises `NotConfirmed` with the place on the page."""
    path = f"{reverse('platform:tenant', args=[tenant_id])}#{near}"
    confirm_in_body(request=request._request, answer=body.get("password", ""), path=path, at=now())
    return str(body["reason"])


def _answered(steward: Steward, tenant_id: UUID) -> Response:
    return Response(_record(queries.tenant(actor=steward.actor, tenant_id=tenant_id)))


def _record(line: queries.TenantLine) -> dict[str, Any]:
    return {**line.as_row(), "id": str(line.id), "max_monthly_budget": f"{line.max_monthly_budget:.2f}"}
