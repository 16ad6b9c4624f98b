from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.drift.actions import set_state
from governance.drift.forms import StateForm
from governance.drift.panel import card
from governance.errors import DomainError, NotFound
from governance.registry.queries import system as system_called
from governance.web import now, reading, scope_of, scoped


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see a system")
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Where a system stands; a POST puts it into another state."""
    if request.method != "POST":
        return _drawn(request, name)
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    try:
        set_state(scope=scope_of(request), system_name=name, state=state, reason=reason, at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, name, refusal=refusal)
    messages.success(request, f"{name} is in {state} now.")
    return redirect("systems:detail", name=name)


def _drawn(request: HttpRequest, name: str, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    panel = card(scope, system_called(scope=scope, name=name))
    if refusal is not None:
        typed = {"state": request.POST.get("state", ""), "reason": request.POST.get("reason", "")}
        panel = replace(panel, form=StateForm(typed, state=panel.standing.state))
    context = {"panel": panel, "refusal": refusal}
    return render(request, "governance/drift/page.html", context, status=refusal.status if refusal else 200)
