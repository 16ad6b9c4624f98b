"""The list of people, and asking somebody in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.errors import DomainError
from governance.identity.actions import Invited, invite, resend_invitation, revoke_invitation
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from tarsweb.people import queries
from tarsweb.people.export import filter_of
from tarsweb.people.forms import FilterForm, InviteForm
from tarsweb.people.letters import deliver

PER_PAGE = 25


@require_safe
@scoped(to="see the people")
def index(request: HttpRequest) -> HttpResponse:
    """The people of the tenant, filtered by the URL."""
    return _drawn(request)


@require_POST
@scoped(None)
def invite_person(request: HttpRequest) -> HttpResponse:
    """Ask somebody in; without mail the link is on the page that comes back, once."""
    form, scope = InviteForm(request.POST), scope_of(request)
    scope.demand(Capability.MANAGE_PEOPLE, to="invite people")
    if not form.is_valid():
        with reading(request):
            return _drawn(request, form=form, status=422)
    try:
        invited = invite(scope=scope, at=now(), **form.cleaned_data)
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, form=form, refusal=refusal, status=refusal.status)
    return _told(request, invited)


@require_POST
@scoped(None)
def resend(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """The same invitation with a new link."""
    return _told(request, resend_invitation(scope=scope_of(request), invitation_id=invitation_id, at=now()))


@require_POST
@scoped(None)
def revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    revoke_invitation(scope=scope_of(request), invitation_id=invitation_id, at=now())
    messages.success(request, "The invitation is revoked. Its link no longer works.")
    return redirect(f"{reverse('people:list')}#main")


def _told(request: HttpRequest, invited: Invited) -> HttpResponse:
    link = deliver(invited)
    if not link:
        messages.success(request, f"The invitation is on its way to {invited.invitation.email}.")
        return redirect(f"{reverse('people:list')}#main")
    response = render(request, "tarsweb/people/invited.html", {"invited": invited, "link": link})
    response["Cache-Control"] = "no-store"
    return response


def _drawn(
    request: HttpRequest, *, form: InviteForm | None = None, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    scope, at = scope_of(request), now()
    filter = filter_of(request.GET.dict())
    page = Paginator(queries.people(scope=scope, filter=filter, at=at), PER_PAGE).get_page(request.GET.get("page"))
    may_manage = scope.can(Capability.MANAGE_PEOPLE)
    context: dict[str, Any] = {
        "page": page,
        "asked": FilterForm(asdict(filter)),
        "filter": filter,
        "seats": queries.seats(scope=scope, at=at),
        "invitations": queries.invitations(scope=scope, at=at) if may_manage else (),
        "may_manage": may_manage,
        "form": form or InviteForm(),
        "refusal": refusal,
    }
    return page_or_fragment(
        request,
        page="tarsweb/people/page.html",
        fragment="tarsweb/people/_people.html",
        context=context,
        status=status,
    )
