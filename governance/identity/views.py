from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from governance.errors import NotFound

SESSION_TENANT = "tenant_id"


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another of one's own tenants from now on."""
    wanted = request.POST.get("tenant", "")
    if wanted not in {str(seat.tenant_id) for seat in request.memberships}:  # type: ignore[attr-defined]
        raise NotFound("You do not belong to that tenant.")
    request.session[SESSION_TENANT] = wanted
    return redirect("/")
