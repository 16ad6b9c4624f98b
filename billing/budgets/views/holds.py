from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.budgets import actions, held
from billing.budgets.forms import HoldFilterForm, uuid_of
from billing.budgets.holds import may_close
from billing.budgets.views.common import posted, tabs
from governance.errors import DomainError
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, scope_of, scoped

PAGE = "budgets:holds"
PER_PAGE = 25


@require_safe
@scoped(to="see what is held")
def index(request: HttpRequest) -> HttpResponse:
    """What is set aside, newest first, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form, before = HoldFilterForm(request.GET), uuid_of(request.GET.get("before", ""))
    filter = form.filter()
    found = held.holds(scope=scope, filter=filter, at=now(), after=before, limit=PER_PAGE + 1)
    lines = found[:PER_PAGE]
    context = {
        "form": form,
        "filter": filter,
        "lines": [(line, _may_release(request, line)) for line in lines],
        "older": lines[-1].id if len(found) > PER_PAGE else None,
        "is_older": before is not None,
        "now": now(),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "tabs": tabs(PAGE),
    }
    return page_or_fragment(
        request, page="billing/budgets/holds.html", fragment="billing/budgets/_holds.html", context=context
    )


@require_safe
@scoped(to="see a hold")
def hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """One hold: what for, from which budgets, and how to give it back."""
    return _drawn(request, hold_id)


@require_POST
@scoped(to="release a hold")
def release(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Give everything back that a hold has."""
    scope, because = scope_of(request), request.POST.get("because", "")
    return posted(
        request,
        lambda: actions.release(scope=scope, hold_id=hold_id, because=because, at=now()),
        said=_("Given back. What its work reports later is charged all the same."),
        to=reverse("budgets:hold", args=[hold_id]),
        draw=lambda refusal: _drawn(request, hold_id, refusal=refusal),
    )


def _drawn(request: HttpRequest, hold_id: UUID, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    line = held.hold(scope=scope, hold_id=hold_id)
    context = {
        "hold": line,
        "lines": held.lines_of_hold(scope=scope, hold_id=hold_id),
        "moves": held.moves_of_hold(scope=scope, hold_id=hold_id),
        "may_release": _may_release(request, line),
        "refusal": refusal,
        "now": now(),
        "tabs": tabs(PAGE),
    }
    return render(request, "billing/budgets/hold.html", context, status=refusal.status if refusal else 200)


def _may_release(request: HttpRequest, line: held.HoldLine) -> bool:
    return line.is_open and may_close(scope_of(request), held_by=line.held_by, system_id=line.system_id)
