"""One amendment: looking at it, and every answer that is given on its page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from governance.amendments import actions
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import AmendmentPage, amendment_page
from governance.amendments.queries.page import VIEWS
from governance.amendments.views.common import aloud, confirmed, demand_reader, to_amendment, typed
from governance.approvals.actions import review_override as review
from governance.errors import DomainError, NotFound
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of, scoped, wants_fragment

Verb = Callable[[Scope, datetime], str]
_FOLDER = "governance/amendments"


@require_safe
@scoped()
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """The amendment; `?view=` chooses fields, side or patch."""
    template = f"{_FOLDER}/detail.html"
    if wants_fragment(request):
        is_tab = getattr(request, "htmx", None) and request.htmx.target == "changes"  # type: ignore[attr-defined]
        template = f"{_FOLDER}/_changes.html" if is_tab else f"{_FOLDER}/_amendment.html"
    response = render(request, template, _context(request, number))
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_POST
@scoped(None)
def approve(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, lambda scope, at: _approved(request, scope, number, at), near="decide")


@require_POST
@scoped(None)
def break_glass(request: HttpRequest, number: int) -> HttpResponse:
    """Approve in the place of a role one does not hold; a form of its own, never a choice beside Approve."""

    def verb(scope: Scope, at: datetime) -> str:
        proposal = actions.break_glass(scope=scope, number=number, at=at, **_answer(request, at))
        return f"{_after_approval(proposal)} Those who watch are told, and a second person reviews it."

    return _done(request, number, verb, near="glass")


@require_POST
@scoped(None)
def reject(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.reject(scope=scope, number=number, at=at, **_answer(request, at))
        return f"You rejected AMD-{number}. Its proposer sees your note."

    return _done(request, number, verb, near="decide")


@require_POST
@scoped(None)
def request_changes(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.request_changes(scope=scope, number=number, at=at, **_answer(request, at))
        return f"You asked for changes to AMD-{number}. It is back with its proposer."

    return _done(request, number, verb, near="decide")


@require_POST
@scoped(None)
def rebase(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        proposal = actions.rebase(scope=scope, number=number, at=at)
        return f"AMD-{number} is now revision {proposal.revision}, on today's constitution. Approvals start again."

    return _done(request, number, verb)


@require_POST
@scoped(None)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.withdraw(scope=scope, number=number, why=typed(request, "why"), at=at)
        return f"AMD-{number} is withdrawn."

    return _done(request, number, verb)


@require_POST
@scoped(None)
def send(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.send(scope=scope, number=number, at=at)
        return f"AMD-{number} is sent to those who decide."

    return _done(request, number, verb)


@require_POST
@scoped(None)
def approve_roll_back(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        rollback = actions.approve_roll_back(scope=scope, number=number, at=at, **_answer(request, at))
        return f"AMD-{number} is rolled back: {rollback.sentence}"

    return _done(request, number, verb, near="second")


@require_POST
@scoped(None)
def withdraw_roll_back(request: HttpRequest, number: int) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.withdraw_roll_back(scope=scope, number=number, at=at)
        return f"The rollback of AMD-{number} is withdrawn. The amendment stays in force."

    return _done(request, number, verb)


@require_POST
@scoped(None)
def review_override(request: HttpRequest, number: int, decision_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        upheld = request.POST.get("upheld") == "yes"
        review(scope=scope, decision_id=decision_id, upheld=upheld, note=typed(request, "review_note"), at=at)
        return "Your review of the override is on the ledger."

    return _done(request, number, verb)


def _approved(request: HttpRequest, scope: Scope, number: int, at: datetime) -> str:
    proposal = actions.approve(scope=scope, number=number, at=at, **_answer(request, at))
    return _after_approval(proposal)


def _after_approval(proposal: AmendmentProposal) -> str:
    if proposal.state == State.APPLIED:
        return f"You approved {proposal.label}, and it took effect on {proposal.system.name}."
    if proposal.state == State.SCHEDULED and proposal.effective_at:
        return f"You approved {proposal.label}. It takes effect on {proposal.effective_at:%d %B %Y, %H:%M} UTC."
    return f"You approved {proposal.label}. It waits for another approval."


def _answer(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """What every signed answer carries: the digest that was on the screen, the note, the confirmation."""
    return {
        "digest": request.POST.get("digest", ""),
        "note": typed(request, "note"),
        "confirmation": confirmed(request, at=at),
    }


def _done(request: HttpRequest, number: int, verb: Verb, *, near: str = "top") -> HttpResponse:
    """Run the verb; draw the amendment with its outcome, or go there. A refusal is drawn `near` what was pressed."""
    scope, at = scope_of(request), now()
    try:
        said = verb(scope, at)
    except NotFound:
        raise
    except DomainError as refusal:
        demand_reader(scope, refusal)
        _seen(request, scope, number, at)
        return _drawn(request, number, status=refusal.status, refusal=refusal, near=near)
    if not wants_fragment(request):
        return to_amendment(request, number, said=said)
    return aloud(_drawn(request, number), said)


def _seen(request: HttpRequest, scope: Scope, number: int, at: datetime) -> None:
    """Whoever answers has seen what they answer: so that it works without script, too."""
    if digest := request.POST.get("digest"):
        actions.look(scope=scope, number=number, digest=digest, at=at)


def _drawn(
    request: HttpRequest, number: int, *, status: int = 200, refusal: DomainError | None = None, near: str = "top"
) -> HttpResponse:
    template = f"{_FOLDER}/_amendment.html" if wants_fragment(request) else f"{_FOLDER}/detail.html"
    with reading(request):
        context = _context(request, number, refusal=refusal, near=near)
        return render(request, template, context, status=status)


def _context(
    request: HttpRequest, number: int, *, refusal: DomainError | None = None, near: str = "top"
) -> dict[str, Any]:
    asked = request.GET.get("view", "fields")
    page = amendment_page(scope=scope_of(request), number=number, at=now(), view=asked)
    return context_of(request, page, refusal=refusal, near=near)


def context_of(
    request: HttpRequest, page: AmendmentPage, *, refusal: DomainError | None = None, near: str = "top"
) -> dict[str, Any]:
    """What the page's templates read."""
    number = page.proposal.number
    here = reverse("amendments:detail", kwargs={"number": number})
    tabs = [
        {"label": label, "url": f"{here}?view={name}", "current": name == page.view, "name": name}
        for name, label in VIEWS.items()
    ]
    kept = {name: typed(request, name) for name in ("note", "why", "review_note")} if refusal else {}
    is_there = {"decide": page.is_deciding, "second": page.waiting is not None, "glass": page.has_override}.get(
        near, False
    )
    may_mend = scope_of(request).can(Capability.FIX_DATA)
    return {
        "page": page,
        "tabs": tabs,
        "refusal": refusal,
        "near": near if is_there else "top",
        "typed": kept,
        "mend": reverse("admin:governance_amendmentproposal_change", args=[page.proposal.id]) if may_mend else "",
    }
