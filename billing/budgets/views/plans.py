from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.budgets import actions, prices_read, queries
from billing.budgets.board import ORDER, WINDOWS
from billing.budgets.forms import AsOfForm, PlanForm, PriceForm, plan_initial
from billing.budgets.kinds import USD
from billing.budgets.views.common import posted, tabs
from governance.errors import DomainError
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped


@require_safe
@scoped(to="see the plans")
def index(request: HttpRequest) -> HttpResponse:
    """What every window starts with."""
    return _drawn(request)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see the plans")
def change(request: HttpRequest) -> HttpResponse:
    """Set a plan, or change the one that the address names."""
    scope = scope_of(request)
    scope.demand(Capability.MANAGE_BUDGETS, to="plan budgets")
    if request.method != "POST":
        found = _asked(request)
        return _form(request, PlanForm(initial=plan_initial(found) if found else _first(request)), plan=found)
    form = PlanForm(request.POST)
    if not form.is_valid():
        with reading(request):
            return _form(request, form, status=422)
    return posted(
        request,
        lambda: actions.set_plan(scope=scope, at=now(), **form.wish),
        said=_("The plan is set. The window that runs follows it at once."),
        to=reverse("budgets:list"),
        draw=lambda refusal: _form(request, form, refusal=refusal, status=refusal.status),
    )


@require_POST
@scoped(to="stop a plan")
def stop(request: HttpRequest) -> HttpResponse:
    """Make no further windows of one plan."""
    scope, typed = scope_of(request), request.POST
    kind = {name: typed.get(name, "") for name in ("resource_type", "window_type")}
    return posted(
        request,
        lambda: actions.stop_plan(scope=scope, at=now(), **kind),
        said=_("The plan is stopped. Its running window stays until it ends."),
        to=reverse("budgets:plans"),
        draw=lambda refusal: _drawn(request, refusal=refusal),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see the prices")
def prices(request: HttpRequest) -> HttpResponse:
    """What one unit costs, at a moment; what it cost before, and what it will cost."""
    if request.method != "POST":
        return _prices(request, PriceForm())
    scope, form = scope_of(request), PriceForm(request.POST)
    scope.demand(Capability.MANAGE_BUDGETS, to="set prices")
    if not form.is_valid():
        with reading(request):
            return _prices(request, form, status=422)
    return posted(
        request,
        lambda: actions.set_price(scope=scope, at=now(), **form.cleaned_data),
        said=_("The price is set. What is settled stays as it was priced."),
        to=reverse("budgets:prices"),
        draw=lambda refusal: _prices(request, form, refusal=refusal, status=refusal.status),
    )


def _drawn(request: HttpRequest, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    context = {
        "plans": sorted(queries.plans(scope=scope), key=_order),
        "contract": queries.contract(scope=scope),
        "refusal": refusal,
        "plan_refused": scope.why_not(Capability.MANAGE_BUDGETS, to="plan budgets"),
        "tabs": tabs("budgets:plans"),
    }
    return render(request, "billing/budgets/plans.html", context, status=refusal.status if refusal else 200)


def _order(line: queries.PlanLine) -> tuple[int, int]:
    return ORDER.index(line.type), WINDOWS.index(line.window)


def _form(
    request: HttpRequest,
    form: PlanForm,
    *,
    plan: queries.PlanLine | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    scope = scope_of(request)
    context = {"form": form, "plan": plan, "refusal": refusal, "contract": queries.contract(scope=scope)}
    return render(request, "billing/budgets/plan_form.html", context, status=status)


def _asked(request: HttpRequest) -> queries.PlanLine | None:
    """The plan in force that the address names."""
    kind = (request.GET.get("type", ""), request.GET.get("window", ""))
    lines = queries.plans(scope=scope_of(request))
    return next((line for line in lines if (line.type, line.window) == kind), None)


def _first(request: HttpRequest) -> dict[str, str]:
    """What the form begins with where no plan is in force."""
    return {"resource_type": request.GET.get("type") or USD, "window_type": request.GET.get("window") or "monthly"}


def _prices(
    request: HttpRequest, form: PriceForm, *, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    scope, asked = scope_of(request), AsOfForm(request.GET)
    at: datetime = asked.at(now())
    context = {
        "form": form,
        "asked": asked,
        "at": at,
        "is_past": bool(request.GET.get("as_of")) and asked.is_valid(),
        "table": prices_read.table(scope=scope, at=at),
        "refusal": refusal,
        "set_refused": scope.why_not(Capability.MANAGE_BUDGETS, to="set prices"),
        "tabs": tabs("budgets:prices"),
    }
    return render(request, "billing/budgets/prices.html", context, status=status)
