from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from governance.searches import queries as searches
from governance.web import now, page_or_fragment, scope_of, scoped
from routing.telemetry import queries
from routing.telemetry.bars import charts_of
from routing.telemetry.forms import RANGE_LABELS, CallFilterForm, asked_by

PAGE = "telemetry:calls"


@require_safe
@scoped(to="see tool calls")
def calls(request: HttpRequest) -> HttpResponse:
    """Tool calls, newest first, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = CallFilterForm(request.GET)
    filter, before = form.filter(at=now()), _cursor(request)
    context = {
        "form": form,
        "filter": filter,
        "found": queries.calls(scope=scope, filter=filter, before=before),
        "is_older": before is not None,
        "address": request.build_absolute_uri(f"{reverse(PAGE)}?{urlencode(asked_by(filter))}"),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "tabs": _tabs(PAGE),
    }
    return page_or_fragment(
        request, page="routing/telemetry/calls.html", fragment="routing/telemetry/_calls.html", context=context
    )


@require_safe
@scoped(to="see tool calls")
def tools(request: HttpRequest) -> HttpResponse:
    """The two monitoring queries of the sources: slow tools, and the error rate by tool."""
    since, until, name = queries.range_of(request.GET.get("range", ""), at=now())
    found = queries.by_error_rate(queries.figures(scope=scope_of(request), since=since, until=until))
    context = {
        "range": name,
        "ranges": list(RANGE_LABELS.items()),
        "slow": queries.slow(found),
        **charts_of(found),
        "found": found[: queries.MOST_TOOLS],
        "hidden": max(len(found) - queries.MOST_TOOLS, 0),
        "at": until,
        "since": since if queries.is_days(name) else None,
        "total": sum(one.total for one in found),
        "errors": sum(one.errors for one in found),
        "slow_seconds": queries.SLOW_MS // 1000,
        "tabs": _tabs("telemetry:tools"),
    }
    return page_or_fragment(
        request, page="routing/telemetry/tools.html", fragment="routing/telemetry/_tools.html", context=context
    )


@require_safe
@scoped(to="see tool calls")
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """One call, with all that is kept of it."""
    found = queries.found_call(scope=scope_of(request), call_id=call_id)
    return render(request, "routing/telemetry/call.html", {"call": found})


def _tabs(here: str) -> list[dict[str, Any]]:
    labels = {PAGE: _("Calls"), "telemetry:tools": _("Tools")}
    return [{"label": label, "url": reverse(name), "current": name == here} for name, label in labels.items()]


def _cursor(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None
