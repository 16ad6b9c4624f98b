"""The page behind an invitation's link: before a tenant is known, for people with and without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from governance.errors import DomainError, NotFound
from governance.identity.actions import WrongAddress, accept_invitation
from governance.identity.models import User
from governance.identity.queries import OpenInvitation, actor_of, open_invitation
from governance.identity.views import SESSION_TENANT
from governance.ids import new_id
from governance.scope import Scope
from governance.web import now
from tarsweb.people.forms import NewPersonForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation. The link is a secret: nothing keeps this page."""
    try:
        found = open_invitation(secret=secret, at=now())
        response = _posted(request, found, secret) if request.method == "POST" else _asked(request, found)
    except DomainError as refusal:
        response = _closed(request, refusal)
    response["Cache-Control"] = "no-store"
    return response


def _posted(request: HttpRequest, found: OpenInvitation, secret: str) -> HttpResponse:
    if isinstance(request.user, User):
        return _joined(request, found, secret, request.user)
    if User.objects.filter(email=found.email).exists():
        return _asked(request, found)
    form = NewPersonForm(request.POST, email=found.email, name=found.name)
    if not form.is_valid():
        return _asked(request, found, form=form, status=422)
    at = now()
    user = User(id=new_id(at), email=found.email, name=form.cleaned_data["name"])
    user.set_password(form.cleaned_data["password"])
    _accept(found, secret, user, at=at)
    login = Login(user=user, email=user.email, redirect_url="/")
    response = perform_password_login(request, {"email": user.email}, login)
    return _welcomed(request, found, response)


def _joined(request: HttpRequest, found: OpenInvitation, secret: str, user: User) -> HttpResponse:
    _accept(found, secret, user, at=now())
    return _welcomed(request, found, redirect("/"))


def _accept(found: OpenInvitation, secret: str, user: User, *, at: datetime) -> None:
    scope = Scope(tenant_id=found.tenant_id, actor=actor_of(user))
    accept_invitation(scope=scope, secret=secret, user=user, at=at)


def _welcomed(request: HttpRequest, found: OpenInvitation, response: HttpResponse) -> HttpResponse:
    request.session[SESSION_TENANT] = str(found.tenant_id)
    messages.success(request, f"Welcome to {found.tenant_name}.")
    return response


def _asked(
    request: HttpRequest, found: OpenInvitation, *, form: NewPersonForm | None = None, status: int = 200
) -> HttpResponse:
    """What there is to do: join, sign in first, or choose a name and a password."""
    context: dict[str, Any] = {"invitation": found}
    if isinstance(request.user, User):
        if request.user.email != found.email:
            raise WrongAddress(
                f"This invitation is for {found.email}, and you are signed in as {request.user.email}. Sign out, then open "
                "the link again."
            )
    elif User.objects.filter(email=found.email).exists():
        context["sign_in_url"] = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
    else:
        context["form"] = form or NewPersonForm(email=found.email, name=found.name)
    return render(request, "tarsweb/people/accept.html", context, status=status)


def _closed(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    context = {"refusal": refusal, "is_unknown": isinstance(refusal, NotFound)}
    return render(request, "tarsweb/people/closed.html", context, status=refusal.status)
