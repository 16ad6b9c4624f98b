from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.identity.queries import Seat
from governance.scope import Scope

SESSION_TENANT = "tenant_id"


class OnVisit(DomainError):
    """Platform staff on a visit would leave the visited tenant without ending the visit."""

    code = "on_visit"


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another of one's own tenants from now on."""
    wanted = request.POST.get("tenant", "")
    if wanted not in {str(seat.tenant_id) for seat in request.memberships}:  # type: ignore[attr-defined]
        raise NotFound("You do not belong to that tenant.")
    request.session[SESSION_TENANT] = wanted
    return redirect("/")


@login_required
@require_safe
def go(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """The link of a mail: work in the tenant that it is about, and go to `to`, a path inside TARS.

    Only `request.memberships` open a tenant, so the link gives nobody anything; a stranger learns not even that it exists.
    """
    mine: tuple[Seat, ...] = request.memberships  # type: ignore[attr-defined]
    scope: Scope | None = request.scope  # type: ignore[attr-defined]
    seat = next((seat for seat in mine if seat.tenant_id == tenant_id), None)
    if seat is None or scope is None:
        raise NotFound("There is no such page, or it belongs to a tenant of somebody else.")
    if scope.tenant_id != tenant_id:
        if scope.is_visit:
            raise OnVisit(f"You are on a visit. End it first, then open the link into {seat.tenant_name} again.")
        request.session[SESSION_TENANT] = str(tenant_id)
        messages.info(request, f"You work in {seat.tenant_name} now.")
    to = request.GET.get("to", "")
    is_ours = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return redirect(to if is_ours else "/")
