"""The desk's own verbs on one question or on many: take, release, hand over, snooze, wake."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from governance.amendments.views.common import aloud
from governance.approvals import desk
from governance.errors import DomainError, Invalid
from governance.web import now, reading, scope_of, scoped, wants_fragment
from tarsweb.inbox.queries import inbox
from tarsweb.inbox.times import Nap, nap_until
from tarsweb.inbox.views.page import drawn
from tarsweb.inbox.views.state import filter_of, list_url

MOST = 100
_DONE = {
    "take": "{} now in your hand.",
    "release": "{} no longer in your hand.",
    "hand-over": "{} handed over.",
    "snooze": "{} put off.",
    "wake": "{} back in your list.",
}


@require_POST
@scoped(None)
def on_desk(request: HttpRequest, verb: str) -> HttpResponse:
    """Do one of the verbs with every `question` that is named; what is refused is said, the rest is done."""
    if verb == "together":
        return _to_lane(request)
    if verb not in _DONE:
        raise Http404
    do = _verb(request, verb)
    refused = []
    ids = _questions(request)
    for question in ids:
        try:
            do(question)
        except DomainError as refusal:
            refused.append(refusal)
    if refused and len(ids) == 1:
        raise refused[0]
    done = len(ids) - len(refused)
    said = _DONE[verb].format("1 question is" if done == 1 else f"{done} questions are")
    if refused:
        said = f"{said} {len(refused)} left as they were: {refused[0].sentence}"
    return _back(request, said)


def _to_lane(request: HttpRequest) -> HttpResponse:
    """Away to the look at those that are selected."""
    ids = set(_questions(request))
    with reading(request):
        found = inbox(scope=scope_of(request), filter=filter_of(request), at=now())
    labels = [line.row.label for line in found.lines if line.question and line.question.id in ids]
    there = f"{reverse('inbox:together')}?{urlencode({'n': labels}, doseq=True)}"
    if not wants_fragment(request):
        return redirect(there)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = there
    return response


def _verb(request: HttpRequest, verb: str) -> Callable[[UUID], object]:
    scope, at = scope_of(request), now()
    if verb == "take":
        return lambda question: desk.take(scope=scope, request_id=question, at=at)
    if verb == "release":
        return lambda question: desk.release(scope=scope, request_id=question, at=at)
    if verb == "wake":
        return lambda question: desk.wake(scope=scope, request_id=question, at=at)
    if verb == "hand-over":
        person = _id(request.POST.get("person", ""), "person")
        return lambda question: desk.hand_over(scope=scope, request_id=question, user_id=person, at=at)
    until = nap_until(_nap(request), at=at, zone=timezone.get_current_timezone())
    return lambda question: desk.snooze(scope=scope, request_id=question, until=until, at=at)


def _nap(request: HttpRequest) -> Nap:
    try:
        return Nap(request.POST.get("for", ""))
    except ValueError:
        raise Invalid("Choose until when to put it off.", problems=(("/for", "is unknown"),)) from None


def _questions(request: HttpRequest) -> list[UUID]:
    named = list(dict.fromkeys(request.POST.getlist("question")))
    if not 1 <= len(named) <= MOST:
        raise Invalid(f"Select between 1 and {MOST} questions first.", problems=(("/question", "is out of range"),))
    return [_id(text, "question") for text in named]


def _id(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Choose one of those that are offered.", problems=((f"/{name}", "is unknown"),)) from None


def _back(request: HttpRequest, said: str) -> HttpResponse:
    asked = filter_of(request)
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect(list_url(asked, page=True, open=asked.open))
    with reading(request):
        return aloud(drawn(request), said)
