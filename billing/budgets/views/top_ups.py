from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.budgets import actions, wishes
from billing.budgets.forms import AskForm, TopUpFilterForm
from billing.budgets.views import board
from billing.budgets.views.common import posted, tabs
from governance.identity.confirm import confirm
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PER_PAGE = 25


@require_safe
@scoped(to="see the top-ups")
def index(request: HttpRequest) -> HttpResponse:
    """Every top-up that was asked for, newest first."""
    scope, form = scope_of(request), TopUpFilterForm(request.GET)
    page = Paginator(wishes.wishes(scope=scope, state=form.asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [wishes.wish_of(row) for row in page.object_list],
        "is_narrow": bool(form.asked),
        "tabs": tabs("budgets:top_ups"),
    }
    return page_or_fragment(
        request, page="billing/budgets/top_ups.html", fragment="billing/budgets/_top_ups.html", context=context
    )


@require_POST
@scoped(to="ask for a top-up")
def ask(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """Ask for more in one running window."""
    scope, form = scope_of(request), AskForm(request.POST)
    if not form.is_valid():
        with reading(request):
            response = board.budget_drawn(request, resource_id, form=form)
            response.status_code = 422
            return response
    return posted(
        request,
        lambda: actions.ask_top_up(scope=scope, resource_id=resource_id, at=now(), **form.cleaned_data),
        said=_("Asked for. A tenant admin or compliance officer finds it in their inbox."),
        to=reverse("budgets:list"),
        draw=lambda refusal: board.budget_drawn(request, resource_id, form=form, refusal=refusal),
    )


@require_POST
@scoped(to="decide a top-up")
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """Say yes: the window's total grows at once."""
    return _answered(request, number, actions.approve_top_up, said=_("Approved. The window has more from now on."))


@require_POST
@scoped(to="decide a top-up")
def reject(request: HttpRequest, number: int) -> HttpResponse:
    """Say no, and why."""
    return _answered(request, number, actions.reject_top_up, said=_("Rejected. Who asked reads why."))


@require_POST
@scoped(to="withdraw a top-up")
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take one's own wish back."""
    scope = scope_of(request)
    return posted(
        request,
        lambda: actions.withdraw_top_up(scope=scope, number=number, at=now()),
        said=_("Taken back."),
        to=reverse("budgets:list"),
        draw=lambda refusal: board.drawn(request, refusal=refusal, number=number),
    )


def _answered(request: HttpRequest, number: int, verb: Any, *, said: str) -> HttpResponse:
    scope, typed = scope_of(request), request.POST

    def act() -> None:
        at = now()
        user: Any = request.user
        proof = confirm(user=user, answer=typed.get("confirm", ""), at=at, request=request)
        answer = {"digest": typed.get("digest", ""), "note": typed.get("note", ""), "confirmation": proof}
        verb(scope=scope, number=number, at=at, **answer)

    with reading(request):
        wishes.found(scope=scope, number=number)
    return posted(
        request,
        act,
        said=said,
        to=reverse("budgets:list"),
        draw=lambda refusal: board.drawn(request, refusal=refusal, number=number),
    )
