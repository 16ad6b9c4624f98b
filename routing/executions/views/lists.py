"""Executions, newest first, narrowed by the URL; what is new is put on top while somebody looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from governance.registry.queries import names as system_names
from governance.scope import Capability, Scope
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, scope_of, scoped
from routing.executions import queries
from routing.executions.answerable import waiting_ids
from routing.executions.forms import FilterForm, filter_of
from routing.executions.queries import Filter

PAGE: Final = "executions:list"
MOST_WATCHED: Final = 50


@require_safe
@scoped(None)
def index(request: HttpRequest) -> HttpResponse:
    """The list, by keyset; `tail=off` stops the news."""
    scope, at, query = scope_of(request), now(), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = FilterForm(request.GET, names=system_names(scope=scope))
    before = _id(request.GET.get("before", ""))
    found = queries.page(scope=scope, filter=_filter(scope, form.asked, at=at), before=before)
    context = {
        "form": form,
        "found": found,
        "is_narrow": bool(form.asked),
        "is_older": before is not None,
        "is_live": before is None and request.GET.get("tail") != "off",
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "may_read": scope.can(Capability.READ_RECORD),
        "may_request": scope.can(Capability.REQUEST),
        **_tail(found.lines, shown=[line.id for line in found.lines if not line.is_done], at=at),
    }
    return page_or_fragment(
        request, page="routing/executions/list.html", fragment="routing/executions/_executions.html", context=context
    )


@require_safe
@scoped(None)
def news(request: HttpRequest) -> HttpResponse:
    """Rows that a list does not show yet, and those of it that moved; 204 when there is nothing to say."""
    scope, at = scope_of(request), now()
    after, since = _id(request.GET.get("after", "")), parse_datetime(request.GET.get("moved", ""))
    if after is None or since is None:
        return HttpResponse(status=204)
    form = FilterForm(request.GET, names=system_names(scope=scope))
    watched = [id for text in request.GET.get("open", "").split(",")[:MOST_WATCHED] if (id := _id(text))]
    filter = _filter(scope, form.asked, at=at)
    fresh, moved = queries.news(scope=scope, filter=filter, after=after, shown=watched, since=since)
    if not fresh and not moved:
        return HttpResponse(status=204)
    ended = {line.id for line in moved if line.is_done}
    shown = [line.id for line in fresh if not line.is_done] + [id for id in watched if id not in ended]
    may_read = scope.can(Capability.READ_RECORD)
    context = {"fresh": fresh, "moved": moved, "may_read": may_read, **_tail(fresh, shown=shown, at=at)}
    context.setdefault("after", after)
    return render(request, "routing/executions/_news.html", context)


def _tail(lines: Any, *, shown: list[UUID], at: datetime) -> dict[str, Any]:
    """What the next question about news names: the row on top, the open rows, and the moment of this answer."""
    words = {"watched": ",".join(map(str, shown[:MOST_WATCHED])), "since": at.isoformat()}
    return {**words, "after": lines[0].id} if lines else words


def _filter(scope: Scope, asked: dict[str, Any], *, at: datetime) -> Filter:
    return filter_of(asked, at=at, waiting=waiting_ids(scope, at=at) if asked.get("waiting") else None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
