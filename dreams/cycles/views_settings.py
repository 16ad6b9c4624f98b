"""How nights go: the tenant's choice, and what each system's nights try to improve."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dreams.cycles import acting, settings, signals, window
from dreams.cycles.choices import Chosen
from dreams.cycles.forms import AIMS, AimForm, NightsForm, shown
from dreams.cycles.hours import bars
from governance.errors import DomainError
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of, scoped


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see how nights go")
def nights(request: HttpRequest) -> HttpResponse:
    """How the tenant's nights go; a POST changes it."""
    scope, refusal = scope_of(request), None
    form = NightsForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid():
        try:
            settings.change(scope=scope, changes=form.changes(), reason=form.cleaned_data["reason"], at=now())
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Kept. It holds for nights that are planned from now on."))
            return redirect("dreams:settings")
    with reading(request):
        status = refusal.status if refusal else 422 if form else 200
        return render(request, "dreams/cycles/settings.html", _nights(scope, form, refusal), status=status)


def _nights(scope: Scope, form: NightsForm | None, refusal: DomainError | None) -> dict[str, Any]:
    chosen = settings.chosen(scope=scope)
    counts = signals.hours(scope=scope, at=now())
    first = chosen.window_hour
    if first is None:
        first = window.quietest(counts, hours=chosen.window_hours)
    return {
        "form": form or NightsForm.of(chosen),
        "chosen": chosen,
        "latest": settings.latest(scope=scope),
        "bars": bars(counts, first=first, hours=chosen.window_hours),
        "total": sum(counts),
        "from_": f"{first:02}:00",
        "until": f"{(first + chosen.window_hours) % 24:02}:00",
        "systems": _aims(scope, chosen),
        "refusal": refusal,
        "refused": scope.why_not(Capability.GRANT_AUTHORITY, to=settings.TO),
    }


def _aims(scope: Scope, chosen: Chosen) -> list[dict[str, Any]]:
    rows = System.objects.filter(tenant_id=scope.tenant_id, name__in=acting.dreamable(scope=scope)).only("id", "name")
    return [_aim(one, chosen) for one in rows.order_by("name")]


def _aim(system: System, chosen: Chosen) -> dict[str, Any]:
    aim = chosen.aim_of(system.id)
    return {
        "name": system.name,
        "is_on": aim.is_on,
        "primary": AIMS.get(aim.primary, aim.primary.value),
        "minimum": shown(aim.minimum_effect),
        "planned": shown(aim.planned_effect),
        "is_own": str(system.id) in chosen.aims,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see what nights try to improve")
def aim(request: HttpRequest, name: str) -> HttpResponse:
    """What one system's nights try to improve; a POST changes it."""
    scope, refusal = scope_of(request), None
    with reading(request):
        system = acting.system_named(scope=scope, name=name)
        chosen = settings.chosen(scope=scope)
    form = AimForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            settings.change(scope=scope, changes={}, aims={name: form.aim()}, reason=reason, at=now())
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Kept. It holds for nights of %(name)s planned from now on.") % {"name": name})
            return redirect("dreams:settings")
    context = {
        "name": name,
        "form": form or AimForm.of(chosen.aim_of(system.id)),
        "refusal": refusal,
        "refused": scope.why_not(Capability.GRANT_AUTHORITY, to=settings.TO),
        **_aim(system, chosen),
    }
    with reading(request):
        status = refusal.status if refusal else 422 if form else 200
        return render(request, "dreams/cycles/aim.html", context, status=status)
