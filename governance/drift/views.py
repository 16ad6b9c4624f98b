from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from governance.drift import actions
from governance.drift.board import board
from governance.drift.forms import StateForm
from governance.drift.models import DriftWord
from governance.drift.queries import lines
from governance.errors import DomainError, NotFound
from governance.registry.queries import system as system_called
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped

VERBS: Final[dict[str, Callable[..., Any]]] = {
    "acknowledge": actions.acknowledge,
    "validate": actions.validate,
    "override": actions.override,
    "rearm": actions.rearm,
    "reset_baseline": actions.reset_baseline,
}


@require_http_methods(["GET", "HEAD"])
@scoped(Capability.READ_RECORD, to="see the drift of systems")
def systems(request: HttpRequest) -> HttpResponse:
    """Where every system stands."""
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()
    found = lines(scope=scope_of(request), state=state, text=text)
    context = {"lines": found, "state": state, "text": text, "states": DriftWord.choices}
    return render(request, "governance/drift/systems.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see a system")
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Where a system stands; a POST puts it into another state."""
    if request.method != "POST":
        return _drawn(request, name)
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    try:
        actions.set_state(scope=scope_of(request), system_name=name, state=state, reason=reason, at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, name, refusal=refusal)
    messages.success(request, f"{name} is in {state} now.")
    return redirect("systems:detail", name=name)


@require_POST
@scoped(to="see a system")
def act(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """One verb of a person; back to the page, which says what came of it."""
    known: dict[str, Any] = {"reason": request.POST.get("reason", "")}
    if verb == "validate":
        known["run"] = _run(request.POST.get("run", ""))
    if verb in ("rearm", "reset_baseline"):
        known["metric"] = request.POST.get("metric", "")
    try:
        done = VERBS[verb](scope=scope_of(request), system_name=name, at=now(), **known)
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, name, refusal=refusal)
    said = "Done: it learns from now on." if isinstance(done, int) else f"{name} is in {done.state} now."
    messages.success(request, said)
    return redirect("drift:page", name=name)


def _run(text: str) -> UUID:
    """The run that was named; what is no id names none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _drawn(request: HttpRequest, name: str, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    found = board(scope=scope, system=system_called(scope=scope, name=name))
    typed = {field: request.POST.get(field, "") for field in ("state", "reason", "metric")}
    panel = found.panel
    if refusal is not None and typed["state"]:
        panel = replace(panel, form=StateForm(typed, state=panel.standing.state))
    context = {"board": found, "panel": panel, "refusal": refusal, "typed": typed if refusal else {}}
    return render(request, "governance/drift/page.html", context, status=refusal.status if refusal else 200)
