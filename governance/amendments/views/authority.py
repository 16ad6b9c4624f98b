"""Who may approve: the rules in words, and the few forms that change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.amendments import actions
from governance.amendments.authority_forms import DECIDERS, DeputyForm, GrantForm, QuorumForm, day_ends, day_starts
from governance.amendments.queries.grants_page import AuthorityPage, authority_page
from governance.amendments.views.common import demand_reader, typed
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.identity.actions import end_deputy, register_deputy
from governance.identity.models import User
from governance.scope import CAPABILITIES, Capability, Role, Scope
from governance.web import now, reading, scope_of, scoped

Verb = Callable[[Scope, datetime], str]


@dataclass(frozen=True, slots=True)
class _Forms:
    """The page's forms; None where the reader may not act."""

    grant: GrantForm | None
    quorum: QuorumForm | None
    deputy: DeputyForm | None


@require_safe
@scoped(to="see who may approve")
def page(request: HttpRequest) -> HttpResponse:
    return _drawn(request)


@require_POST
@scoped(None)
def grant(request: HttpRequest) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        form = _valid(request, "grant", Capability.GRANT_AUTHORITY, to="grant a standing authority")
        data = form.cleaned_data
        assert isinstance(form, GrantForm)
        actions.grant_authority(
            scope=scope,
            systems=[] if data["everywhere"] else data["systems"],
            pointers=form.pointers(),
            max_per_week=data["max_per_week"],
            expires_at=day_ends(data["expires"]),
            reason=data["reason"],
            at=at,
        )
        return f"TARS may now promote such dreams alone, until the end of {data['expires']:%d %B %Y}."

    return _done(request, verb, near="grant")


@require_POST
@scoped(None)
def revoke(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        reason = typed(request, "reason")
        if not reason and scope.can(Capability.GRANT_AUTHORITY):
            raise Invalid("Say why it ends: the reason stands on the ledger.")
        actions.revoke_authority(scope=scope, authority_id=authority_id, reason=reason, at=at)
        return "The standing authority is revoked. From now on TARS asks a person."

    return _done(request, verb, near=str(authority_id))


@require_POST
@scoped(None)
def set_quorum(request: HttpRequest) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        data = _valid(request, "quorum", Capability.MANAGE_PEOPLE, to="set a quorum").cleaned_data
        actions.set_quorum(scope=scope, at=at, **data)
        return f"{data['type'].label} now needs at least {data['count']} of {data['role'].label}."

    return _done(request, verb, near="quorum")


@require_POST
@scoped(None)
def remove_quorum(request: HttpRequest, quorum_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        actions.remove_quorum(scope=scope, quorum_id=quorum_id, at=at)
        return "The quorum is removed. The matrix shows who is needed now."

    return _done(request, verb, near="quorums")


@require_POST
@scoped(None)
def add_deputy(request: HttpRequest) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        data = _valid(request, "deputy", None, to="name a deputy").cleaned_data
        principal, deputy = _user(data["principal"]), _user(data["deputy"])
        register_deputy(
            scope=scope,
            principal=principal,
            deputy=deputy,
            role=data["role"],
            # A day that has begun starts now: nobody becomes a deputy in the past.
            starts_at=max(day_starts(data["starts"]), at),
            ends_at=day_ends(data["ends"]),
            at=at,
        )
        return f"{deputy} stands in for {principal} as {data['role'].label} until the end of {data['ends']:%d %B %Y}."

    return _done(request, verb, near="deputy")


@require_POST
@scoped(None)
def drop_deputy(request: HttpRequest, deputy_id: UUID) -> HttpResponse:
    def verb(scope: Scope, at: datetime) -> str:
        end_deputy(scope=scope, deputy_id=deputy_id, at=at)
        return "The deputy's time is over."

    return _done(request, verb, near="deputies")


class _Mistyped(Exception):
    """A form that cannot be read; it carries the form."""

    def __init__(self, name: str, form: forms.Form) -> None:
        super().__init__(name)
        self.name, self.form = name, form


def _valid(request: HttpRequest, name: str, needs: Capability | None, *, to: str) -> forms.Form:
    """The named form, filled and valid. Who may not act hears that before what was mistyped."""
    scope = scope_of(request)
    with reading(request):
        form = getattr(_forms(request, _look(scope), data=name), name)
    if form is None and needs is not None:
        scope.demand(needs, to=to)
    if form is None:
        raise NotAllowed(_no_deputy())
    if not form.is_valid():
        raise _Mistyped(name, form)
    return form


def _done(request: HttpRequest, verb: Verb, *, near: str) -> HttpResponse:
    """Run the verb and go to the page; a refusal redraws it with the reason at the form and what was typed."""
    try:
        said = verb(scope_of(request), now())
    except NotFound:
        raise
    except _Mistyped as wrong:
        with reading(request):
            return _drawn(request, bound=wrong.name, near=near, status=422)
    except DomainError as refusal:
        demand_reader(scope_of(request), refusal)
        with reading(request):
            return _drawn(request, bound=near, near=near, refusal=refusal, status=refusal.status)
    messages.success(request, said)
    # Browsers carry the form's own fragment over a redirect that names none; the message stands at the top.
    return redirect(f"{reverse('amendments:authority')}#main")


def _drawn(
    request: HttpRequest, *, bound: str = "", near: str = "", refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    scope = scope_of(request)
    page = _look(scope)
    context: dict[str, Any] = {
        "page": page,
        "forms": _forms(request, page, data=bound),
        "why": _reasons(),
        "may_grant": scope.can(Capability.GRANT_AUTHORITY),
        "may_manage": scope.can(Capability.MANAGE_PEOPLE),
        "refusal": refusal,
        "near": near,
        "typed_reason": typed(request, "reason") if refusal else "",
    }
    return render(request, "governance/amendments/authority.html", context, status=status)


def _look(scope: Scope) -> AuthorityPage:
    return authority_page(scope=scope, at=now(), may_manage=scope.can(Capability.MANAGE_PEOPLE))


def _forms(request: HttpRequest, page: AuthorityPage, *, data: str) -> _Forms:
    """The forms this reader may use; the one named by `data` is filled with what was posted."""
    scope = scope_of(request)
    may_manage = scope.can(Capability.MANAGE_PEOPLE)
    posted = {data: request.POST}
    deciding = {role.value for role in DECIDERS}
    principals = [
        member
        for member in page.members
        if deciding & set(member.roles) and (may_manage or member.user_id == scope.actor.user_id)
    ]
    return _Forms(
        grant=GrantForm(posted.get("grant"), systems=page.tunables) if scope.can(Capability.GRANT_AUTHORITY) else None,
        quorum=QuorumForm(posted.get("quorum")) if may_manage else None,
        deputy=DeputyForm(posted.get("deputy"), principals=principals, deputies=page.members) if principals else None,
    )


def _reasons() -> dict[str, str]:
    return {
        "grant": f"Granting and revoking need the role {_holders(Capability.GRANT_AUTHORITY)}.",
        "quorum": f"Setting and removing a quorum need the role {_holders(Capability.MANAGE_PEOPLE)}.",
        "deputy": _no_deputy(),
    }


def _no_deputy() -> str:
    roles = " or ".join(role.label for role in DECIDERS)
    return f"Naming your own deputy needs the role {roles}; a {_holders(Capability.MANAGE_PEOPLE)} can for others."


def _holders(capability: Capability) -> str:
    return " or ".join(role.label for role in Role if capability in CAPABILITIES[role])


def _user(id: str) -> User:
    """A person the form offered: a member of the tenant."""
    return User.objects.get(id=id)
