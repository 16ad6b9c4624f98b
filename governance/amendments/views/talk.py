"""Talking on an amendment's page: comments, their end, ticks, looks, and news for a page that is open."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.amendments import actions
from governance.amendments.queries import AmendmentPage, amendment_page, found_proposal
from governance.amendments.queries.news import news_since
from governance.amendments.queries.talk import Spot
from governance.amendments.views.common import aloud, demand_reader, typed
from governance.amendments.views.page import context_of
from governance.approvals import desk, reminders
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.scope import Scope
from governance.web import now, reading, scope_of, scoped, wants_fragment

_FOLDER = "governance/amendments"
Verb = Callable[[Scope, datetime], str]


@require_POST
@scoped(None)
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Say something about a change or the whole, or in a thread, perhaps with another value."""

    def verb(scope: Scope, at: datetime) -> str:
        actions.comment(
            scope=scope,
            number=number,
            text=typed(request, "text"),
            pointer=request.POST.get("pointer", ""),
            thread_id=_uuid(request.POST.get("thread", "")),
            suggestion=_suggestion(typed(request, "suggestion")),
            revision=_revision(request.POST),
            at=at,
        )
        return "Your comment is there. People who take part are told."

    return _said(request, number, verb)


@require_POST
@scoped(None)
def resolve(request: HttpRequest, number: int, comment_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.resolve_comment(scope=scope, number=number, comment_id=comment_id, at=at)
        return "Resolved."

    return _said(request, number, verb)


@require_POST
@scoped(None)
def reopen(request: HttpRequest, number: int, comment_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.reopen_comment(scope=scope, number=number, comment_id=comment_id, at=at)
        return "Open again."

    return _said(request, number, verb)


@require_POST
@scoped(None)
def tick(request: HttpRequest, number: int) -> HttpResponse:
    """Mark a change as viewed, or take the mark away."""
    pointer, is_viewed = request.POST.get("pointer", ""), request.POST.get("viewed") == "1"
    actions.tick(
        scope=scope_of(request),
        number=number,
        pointer=pointer,
        is_viewed=is_viewed,
        revision=_revision(request.POST),
        at=now(),
    )
    with reading(request):
        page = _page(request, number)
        spot = _spot(page, request.POST)
        if spot is None or not wants_fragment(request):
            return _away(request, number, spot)
        return render(request, f"{_FOLDER}/_ticked.html", {"page": page, "spot": spot})


@require_POST
@scoped(None)
def look(request: HttpRequest, number: int) -> HttpResponse:
    """Remember that this reader has seen what is asked. Quietly on loading; with `again` the page is drawn anew."""
    scope = scope_of(request)
    is_current = actions.look(scope=scope, number=number, digest=request.POST.get("digest", ""), at=now())
    if "again" not in request.POST:
        return HttpResponse(status=204)
    if not is_current:
        messages.warning(request, "It changed once more while you looked. Look at what changed now.")
    return _whole(request, number)


@require_safe
@scoped()
def news(request: HttpRequest, number: int) -> HttpResponse:
    """What happened since the page was drawn; 204 for nothing."""
    found = news_since(scope=scope_of(request), number=number, seen=request.GET.get("seen", ""))
    if not found.said:
        return HttpResponse(status=204)
    return render(request, f"{_FOLDER}/_news.html", {"news": found})


@require_POST
@scoped(None)
def nudge(request: HttpRequest, number: int) -> HttpResponse:
    """Ask somebody who could answer to do it."""

    def verb(scope: Scope, at: datetime) -> str:
        reminders.nudge(scope=scope, request_id=_named(request, "question"), user_id=_named(request, "person"), at=at)
        return "They are told that this waits for them."

    return _asked(request, number, verb)


@require_POST
@scoped(None)
def hand_over(request: HttpRequest, number: int) -> HttpResponse:
    """Put the question into somebody's hand."""

    def verb(scope: Scope, at: datetime) -> str:
        desk.hand_over(scope=scope, request_id=_named(request, "question"), user_id=_named(request, "person"), at=at)
        return "It is in their hand now, and they are told."

    return _asked(request, number, verb)


def _asked(request: HttpRequest, number: int, verb: Verb) -> HttpResponse:
    """Run a verb about a person of the list; a short answer where its buttons were, or back to the page."""
    scope = scope_of(request)
    with reading(request):
        found_proposal(scope=scope, number=number)
    try:
        said, tone, status = verb(scope, now()), "good", 200
    except (NotAllowed, Invalid):
        raise
    except DomainError as refusal:
        demand_reader(scope, refusal)
        said, tone, status = refusal.sentence, "bad", refusal.status
    if wants_fragment(request):
        return render(request, f"{_FOLDER}/_asked.html", {"said": said, "tone": tone}, status=status)
    messages.add_message(request, messages.SUCCESS if status == 200 else messages.ERROR, said)
    return redirect(f"{reverse('amendments:detail', kwargs={'number': number})}#authority")


def _named(request: HttpRequest, name: str) -> UUID:
    found = _uuid(request.POST.get(name, ""))
    if found is None:
        raise Invalid(f"Say which {name}.", problems=((f"/{name}", "is missing"),))
    return found


def _said(request: HttpRequest, number: int, verb: Verb) -> HttpResponse:
    """Run the verb, and draw the place that was talked about, with its refusal if there is one."""
    scope, refusal, said = scope_of(request), None, ""
    try:
        said = verb(scope, now())
    except NotFound:
        raise
    except DomainError as found:
        demand_reader(scope, found)
        refusal = found
    with reading(request):
        page = _page(request, number)
        spot = _spot(page, request.POST)
        if not wants_fragment(request):
            return _plain(request, number, page=page, spot=spot, refusal=refusal, said=said)
        kept = {name: typed(request, name) for name in ("text", "suggestion", "thread")} if refusal else {}
        context = {"page": page, "spot": spot, "talk_refusal": refusal, "talk_typed": kept, "place": _place(spot)}
        response = render(request, f"{_FOLDER}/_talked.html", context, status=refusal.status if refusal else 200)
    return response if refusal else aloud(response, said)


def _plain(
    request: HttpRequest, number: int, *, page: AmendmentPage, spot: Spot | None, refusal: DomainError | None, said: str
) -> HttpResponse:
    """The same without HTMX: away to the place, or the page with the refusal."""
    if refusal is None:
        messages.success(request, said)
        return _away(request, number, spot)
    kept = {name: typed(request, name) for name in ("text", "suggestion", "thread")}
    context = {**context_of(request, page), "talk_refusal": refusal, "talk_typed": kept, "place": _place(spot)}
    return render(request, f"{_FOLDER}/detail.html", context, status=refusal.status)


def _whole(request: HttpRequest, number: int) -> HttpResponse:
    if not wants_fragment(request):
        return redirect("amendments:detail", number=number)
    with reading(request):
        return render(request, f"{_FOLDER}/_amendment.html", context_of(request, _page(request, number)))


def _away(request: HttpRequest, number: int, spot: Spot | None) -> HttpResponse:
    address = reverse("amendments:detail", kwargs={"number": number})
    if wants_fragment(request):
        # The change is not there any more: another revision came meanwhile.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return redirect(f"{address}#{_place(spot)}")


def _page(request: HttpRequest, number: int) -> AmendmentPage:
    return amendment_page(scope=scope_of(request), number=number, at=now())


def _spot(page: AmendmentPage, data: QueryDict) -> Spot | None:
    return page.talk.spot_of(data.get("pointer", "")) if data.get("pointer") else None


def _place(spot: Spot | None) -> str:
    return f"spot-{spot.index}" if spot else "talk"


def _suggestion(text: str) -> dict[str, Any] | None:
    """A suggested value as people type it: JSON, and what is no JSON is text."""
    if not text:
        return None
    try:
        return {"value": json.loads(text)}
    except (ValueError, RecursionError):
        return {"value": text}


def _revision(data: QueryDict) -> int | None:
    text = data.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("There is no such thread.", problems=(("/thread", "is no id"),)) from None
