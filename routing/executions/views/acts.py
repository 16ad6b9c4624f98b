"""What people answer and say on an execution's page: one verb each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from governance.amendments.views.common import aloud, confirmed, typed
from governance.approvals import reminders
from governance.errors import DomainError, NotFound
from governance.scope import Capability, Scope, tars_scope
from governance.web import now, reading, scope_of, scoped, wants_fragment
from routing.executions import afterwards, approving, correcting, queries
from routing.executions.approving import NotWaiting
from routing.executions.views.page import drawn

Verb = Callable[[Scope, datetime], str]


@require_POST
@scoped(None)
def approve(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        approving.approve(scope=scope, request_id=execution_id, at=at, **_answer(request, at))
        return "You approved it. It runs once, exactly as it was shown."

    return _done(request, execution_id, verb, near="decide")


@require_POST
@scoped(None)
def reject(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        approving.reject(scope=scope, request_id=execution_id, at=at, **_answer(request, at))
        return "You rejected it. Nothing was done, and whoever asked reads your reason."

    return _done(request, execution_id, verb, near="decide")


@require_POST
@scoped(Capability.DECIDE, to="have the rules asked again")
def renew(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Something moved since the question was asked: TARS closes it, and the rules are asked under what holds now."""

    def verb(scope: Scope, at: datetime) -> str:
        has_moved = approving.ask_again(scope=tars_scope(scope.tenant_id), request_id=execution_id, at=at)
        return "The rules are asked again." if has_moved else "Nothing has moved; it can be decided as it stands."

    return _done(request, execution_id, verb, near="decide")


@require_POST
@scoped(to="nudge somebody")
def nudge(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Ask somebody who could answer to do it."""
    with reading(request):
        question = queries.execution(scope=scope_of(request), id=execution_id).question_id

    def verb(scope: Scope, at: datetime) -> str:
        if question is None:
            raise NotWaiting("Nobody is asked about this request now.")
        reminders.nudge(scope=scope, request_id=question, user_id=_person(request), at=at)
        return "They are told that this waits for them."

    return _done(request, execution_id, verb, near="decide")


@require_POST
@scoped(None)
def cancel(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        row = afterwards.cancel(scope=scope, request_id=execution_id, at=at)
        return "It ends at the agent’s next word." if row.is_cancel_wanted else "It is called off. Nothing was done."

    return _done(request, execution_id, verb)


@require_POST
@scoped(None)
def rate(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        stars = request.POST.get("stars", "")
        number = int(stars) if stars in {"1", "2", "3", "4", "5"} else 0
        afterwards.rate(scope=scope, execution_id=execution_id, stars=number, words=typed(request, "words"), at=at)
        return "Thank you. What you said stands here, and you may say it anew."

    return _done(request, execution_id, verb, near="say")


@require_POST
@scoped(None)
def correct(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Who should have got it."""
    system = typed(request, "system")

    def verb(scope: Scope, at: datetime) -> str:
        correcting.correct(scope=scope, execution_id=execution_id, system=system, at=at)
        return f"Noted: {system} should have got it. Learning counts it." if system else "Taken back."

    return _done(request, execution_id, verb, near="say")


@require_POST
@scoped(None)
def dispute(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        afterwards.dispute(scope=scope, execution_id=execution_id, words=typed(request, "dispute"), at=at)
        return "Your dispute stands here and on the ledger."

    return _done(request, execution_id, verb, near="say")


def _person(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("person", ""))
    except ValueError:
        raise NotFound("There is no such person.") from None


def _answer(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """What every signed answer carries: the digest that was on the screen, the note, the confirmation."""
    return {
        "digest": request.POST.get("digest", ""),
        "note": typed(request, "note"),
        "confirmation": confirmed(request, at=at),
    }


def _done(request: HttpRequest, execution_id: UUID, verb: Verb, *, near: str = "top") -> HttpResponse:
    """Run the verb; draw the page with its outcome, or go there. A refusal is drawn `near` what was pressed."""
    try:
        said = verb(scope_of(request), now())
    except NotFound:
        raise
    except DomainError as refusal:
        return drawn(request, execution_id, refusal=refusal, near=near)
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect("executions:detail", execution_id)
    return aloud(drawn(request, execution_id), said)
