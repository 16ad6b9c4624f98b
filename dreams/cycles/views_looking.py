"""The calendar of nights, and the frozen set of a system."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.dates import WEEKDAYS_ABBR
from django.views.decorators.http import require_safe

from dreams.cycles import acting, frozen, regression
from dreams.cycles.month import month, month_of
from governance.scope import Capability
from governance.web import now, page_or_fragment, scope_of, scoped


@require_safe
@scoped(to="see nights")
def calendar(request: HttpRequest) -> HttpResponse:
    """A month of nights by day."""
    at = now()
    first = month_of(request.GET.get("month", ""), at=at)
    context = {"month": month(scope=scope_of(request), first=first, at=at), "days": WEEKDAYS_ABBR.values()}
    return page_or_fragment(
        request, page="dreams/cycles/calendar.html", fragment="dreams/cycles/_calendar.html", context=context
    )


@require_safe
@scoped(to="see what every night tries")
def regression_set(request: HttpRequest, name: str) -> HttpResponse:
    """The requests that every night of a system tries."""
    scope = scope_of(request)
    system = acting.system_named(scope=scope, name=name)
    context = {
        "name": system.name,
        "lines": frozen.lines(scope=scope, system=system),
        "most": regression.MOST,
        "export": urlencode({"system": system.name}),
        "refused": scope.why_not(Capability.PROPOSE, to="choose what every night tries"),
    }
    return page_or_fragment(
        request, page="dreams/cycles/regression.html", fragment="dreams/cycles/_regression.html", context=context
    )
