"""Whether a system gets new work: what hangs on it first, then the decision."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from governance.errors import DomainError, NotFound
from governance.registry import impact, queries
from governance.registry.actions import change_status
from governance.registry.forms import StatusForm
from governance.registry.models import Status
from governance.registry.views.common import tab
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see a system")
def status_page(request: HttpRequest, name: str) -> HttpResponse:
    """Systems, rules, assets and requests that hang on it, and the form below them; a POST changes the status."""
    if request.method != "POST":
        return _drawn(request, name)
    try:
        system, _ = change_status(
            scope=scope_of(request),
            system_name=name,
            status=_status_of(request.POST.get("status", "")),
            reason=request.POST.get("reason", ""),
            seen=request.POST.get("seen", ""),
            at=now(),
        )
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, name, refusal=refusal)
    messages.success(request, f"{system.name} is {system.get_status_display().lower()} now. The ledger says why.")
    return redirect("systems:detail", name=system.name)


def _drawn(request: HttpRequest, name: str, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    system = queries.system(scope=scope, name=name)
    found = impact.of(scope=scope, system=system)
    # after a refusal the page shows what hangs on it now, so that is what the next press has seen
    data = {**request.POST.dict(), "seen": found.digest} if refusal else None
    context = {
        "impact": found,
        "form": StatusForm(data, status=system.status, seen=found.digest, wanted=request.GET.get("to", "")),
        "refusal": refusal,
        "refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="change a system's status"),
    }
    return tab(request, system, "status", context, status=refusal.status if refusal else 200)


def _status_of(text: str) -> Status:
    """Raises `NotFound` for a word that is no status."""
    if text not in Status.values:
        raise NotFound("Choose one of active, in maintenance, deprecated and archived.")
    return Status(text)
