from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dreams.cycles import pairs, queries, reports
from dreams.cycles import rates as read_rates
from dreams.cycles.export import filter_of
from dreams.cycles.models import State
from dreams.verdict.observed import Part
from governance.registry.queries import names
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, scope_of, scoped, wants_fragment

PER_PAGE = 25
PAIRS_PER_PAGE = 20


@require_safe
@scoped(to=queries.TO)
def index(request: HttpRequest) -> HttpResponse:
    """The morning: what the newest nights found, what runs now, and every night."""
    scope, asked = scope_of(request), filter_of(request.GET)
    page = Paginator(queries.nights(scope=scope, filter=asked), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "lines": queries.lines_of(page.object_list, scope=scope),
        "filter": asked,
        "states": [("won", _("Found something")), *State.choices],
        "systems": names(scope=scope),
    }
    is_first = not asked.is_narrow and page.number == 1
    context["running"] = queries.running(scope=scope) if is_first else []
    context["mornings"] = queries.mornings(scope=scope) if is_first and page.paginator.count else []
    context["since"] = queries.since(scope=scope) if context["mornings"] else []
    context["ahead"] = queries.ahead(scope=scope, at=now()) if is_first else None
    return page_or_fragment(
        request, page="dreams/cycles/page.html", fragment="dreams/cycles/_nights.html", context=context
    )


@require_safe
@scoped(to=queries.TO)
def live(request: HttpRequest) -> HttpResponse:
    """What runs now, for a page that asks again; when the last night is over the page reads itself anew."""
    running = queries.running(scope=scope_of(request))
    response = render(request, "dreams/cycles/_live.html", {"running": running})
    if not running:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@scoped(to=queries.TO)
def night(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """The morning report of one night; it asks again by itself while the night runs."""
    scope = scope_of(request)
    context = {"report": reports.report_of(scope=scope, cycle_id=cycle_id), "acts": acts(scope)}
    return page_or_fragment(
        request, page="dreams/cycles/night.html", fragment="dreams/cycles/_report.html", context=context
    )


@require_safe
@scoped(to=queries.TO)
def written(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """The plan byte for byte, so that anybody can compute its digest."""
    found = queries.found(scope=scope_of(request), cycle_id=cycle_id)
    response = HttpResponse(bytes(found.plan), content_type="application/json")
    name = f"{found.cycle_id.replace(':', '')}-plan.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_safe
@scoped(to=queries.TO)
def dream(request: HttpRequest, cycle_id: str, place: int) -> HttpResponse:
    """One dream: its verdict, both sides' figures, and each request on both sides."""
    scope, asked = scope_of(request), pairs.filter_of(request.GET)
    one = queries.dream(scope=scope, cycle_id=cycle_id, place=place)
    page = Paginator(pairs.pairs(scope=scope, dream=one, filter=asked), PAIRS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context: dict[str, Any] = {
        "dream": one,
        "page": page,
        "lines": pairs.lines_of(list(page.object_list), scope=scope),
        "filter": asked,
        "parts": [(part.value, part.value.replace("_", " ").capitalize()) for part in Part],
        "shows": [("differs", _("Differs")), ("failed", _("Failed on one side"))],
    }
    if not wants_fragment(request):
        plan = reports.planned_of(one.night)
        (context["row"],) = reports.rows_of([one], least=plan.written.plan.minimum_effect if plan else 0.0)
        context |= {"plan": plan, "acts": acts(scope), "spreads": reports.spreads_of(scope=scope, dream=one)}
        context["line"] = queries.line_of(one.night, {})
    return page_or_fragment(
        request, page="dreams/cycles/dream.html", fragment="dreams/cycles/_pairs.html", context=context
    )


@require_safe
@scoped(to=read_rates.TO)
def rates(request: HttpRequest) -> HttpResponse:
    """How often dreams come to production, how many stay, and how often chance wins."""
    found = read_rates.rates(scope=scope_of(request), at=now())
    return render(request, "dreams/cycles/rates.html", {"rates": found, "target": read_rates.TARGET})


def acts(scope: Scope) -> dict[str, str]:
    """Why this person may not do each act; "" where they may."""
    needed = {
        "propose": (Capability.PROPOSE, "propose a dream"),
        "stop": (Capability.PROPOSE, "stop a night"),
        "bar": (Capability.DECIDE, "say never again"),
    }
    return {name: scope.why_not(capability, to=to) for name, (capability, to) in needed.items()}
