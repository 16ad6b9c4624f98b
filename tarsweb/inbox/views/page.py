"""The list, its preview pane, and what is new since somebody looked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from governance.errors import DomainError
from governance.searches import queries as searches
from governance.web import now, scope_of, scoped, wants_fragment
from tarsweb.inbox.queries import inbox, news
from tarsweb.inbox.views.state import PAGE, context_of, filter_of, list_url, pane_of

_FOLDER = "tarsweb/inbox"


@require_safe
@scoped(to="see the inbox")
def inbox_page(request: HttpRequest) -> HttpResponse:
    """One tab of the inbox, with the preview that `?open=` names; everything about it is in the URL."""
    if wants_fragment(request) and _target(request) == "_pane":
        return _pane(request)
    if usual := searches.default_url(scope=scope_of(request), page=PAGE, query=request.GET.urlencode()):
        return redirect(usual)
    template = f"{_FOLDER}/_inbox.html" if wants_fragment(request) else f"{_FOLDER}/page.html"
    response = render(request, template, context_of(request))
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
@scoped(to="see the inbox")
def inbox_news(request: HttpRequest) -> HttpResponse:
    """How many questions came since `since`; 204 while the bar on the page still says so."""
    since, asked = _moment(request.GET.get("since", "")), filter_of(request)
    found = inbox(scope=scope_of(request), filter=asked, at=now())
    count = news(found, since=since) if since else 0
    if str(count) == request.GET.get("shown", "0"):
        return HttpResponse(status=204)
    context = {"count": count, "since": request.GET.get("since", ""), "here": list_url(asked), "query": _kept(request)}
    return render(request, f"{_FOLDER}/_news.html", context)


def drawn(request: HttpRequest, *, open_key: str | None = None, status: int = 200, **refused: Any) -> HttpResponse:
    """The list with its preview after a verb; the caller has opened a reading transaction."""
    template = f"{_FOLDER}/_inbox.html" if wants_fragment(request) else f"{_FOLDER}/page.html"
    return render(request, template, context_of(request, open_key=open_key, **refused), status=status)


def refused_pane(request: HttpRequest, *, key: str, refusal: DomainError) -> HttpResponse:
    """The preview with the refusal in it, in place of the preview."""
    context = {**pane_of(request, key=key, refusal=refusal), "oob": False}
    response = render(request, f"{_FOLDER}/_pane.html", context, status=refusal.status)
    response["HX-Retarget"], response["HX-Reswap"] = "#_pane", "outerHTML"
    return response


def _pane(request: HttpRequest) -> HttpResponse:
    asked = filter_of(request)
    response = render(request, f"{_FOLDER}/_pane.html", pane_of(request, key=asked.open))
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    response["HX-Push-Url"] = list_url(asked, page=True, open=asked.open)
    return response


def _target(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "htmx", None), "target", "") or "")


def _moment(text: str) -> Any:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _kept(request: HttpRequest) -> str:
    kept = request.GET.copy()
    for name in ("since", "shown", "open", "page"):
        kept.pop(name, None)
    return kept.urlencode()
