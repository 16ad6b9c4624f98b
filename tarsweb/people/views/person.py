"""One person: roles, deputies, what they decided, and the end of their membership."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.amendments.authority_forms import DECIDERS, DeputyForm, day_ends, day_starts
from governance.errors import DomainError, NotFound
from governance.identity import leaving
from governance.identity.actions import end_deputy, register_deputy, remove_member, set_roles
from governance.identity.models import Membership, User
from governance.identity.queries import members
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of, scoped
from tarsweb.people import queries
from tarsweb.people.forms import RolesForm


@require_safe
@scoped(None)
def page(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A person as their colleagues, and they themselves, see them."""
    return _drawn(request, user_id)


@require_POST
@scoped(None)
def roles(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Other roles, with a reason."""
    form = RolesForm(request.POST)

    def verb(scope: Scope) -> str:
        set_roles(scope=scope, user=_user(user_id), at=now(), **form.cleaned_data)
        return "The roles are changed. What the person may do follows from them at once."

    return _done(request, user_id, form, verb, near="roles")


@require_POST
@scoped(None)
def add_deputy(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Somebody stands in for this person."""
    with reading(request):
        form = _deputy_form(scope_of(request), user_id, data=request.POST)
    if form is None:
        raise NotFound("This person holds no role that somebody could stand in for.")

    def verb(scope: Scope) -> str:
        data, at = form.cleaned_data, now()
        deputy = _user(UUID(data["deputy"]))
        register_deputy(
            scope=scope,
            principal=_user(user_id),
            deputy=deputy,
            role=data["role"],
            # A day that has begun starts now: nobody becomes a deputy in the past.
            starts_at=max(day_starts(data["starts"]), at),
            ends_at=day_ends(data["ends"]),
            at=at,
        )
        return f"{deputy} stands in as {data['role'].label} until the end of {data['ends']:%d %B %Y}."

    return _done(request, user_id, form, verb, near="deputies")


@require_POST
@scoped(None)
def drop_deputy(request: HttpRequest, user_id: UUID, deputy_id: UUID) -> HttpResponse:
    """The deputy's time is over now."""
    end_deputy(scope=scope_of(request), deputy_id=deputy_id, at=now())
    messages.success(request, "The deputy’s time is over.")
    return redirect(f"{reverse('people:person', args=[user_id])}#main")


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def end(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """What will move when the membership ends; a POST ends it."""
    scope = scope_of(request)
    is_own = user_id == scope.actor.user_id
    if not is_own:
        scope.demand(Capability.MANAGE_PEOPLE, to="end a membership")
    if request.method != "POST":
        return _asked(request, user_id)
    try:
        remove_member(scope=scope, user=_user(user_id), reason=request.POST.get("reason", "")[:2000], at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _asked(request, user_id, refusal=refusal)
    messages.success(request, "You left the tenant." if is_own else "The membership has ended. The record stays.")
    return redirect("/" if is_own else f"{reverse('people:list')}#main")


def _asked(request: HttpRequest, user_id: UUID, *, refusal: DomainError | None = None) -> HttpResponse:
    person = _person(request, user_id)
    if person.ended_at is not None:
        raise NotFound("That person is not a member any more.")
    context = {"person": person, "refusal": refusal, **_departure(request, person)}
    return render(request, "tarsweb/people/end.html", context, status=refusal.status if refusal else 200)


def _departure(request: HttpRequest, person: queries.PersonLine) -> dict[str, Any]:
    """What the dialog says before a membership ends."""
    scope, at = scope_of(request), now()
    moves = leaving.preview(scope=scope, user=_user(person.user_id), roles=frozenset(person.roles), at=at)
    around = queries.stand_ins(scope=scope, at=at, user_id=person.user_id)
    return {"moves": moves, "around": around, "is_own": person.user_id == scope.actor.user_id}


def _done(
    request: HttpRequest, user_id: UUID, form: forms.Form, verb: Callable[[Scope], str], *, near: str
) -> HttpResponse:
    """Run the verb and go to the page; a refusal redraws it with the reason at the form and what was typed."""
    refusal: DomainError | None = None
    if form.is_valid():
        try:
            messages.success(request, verb(scope_of(request)))
            return redirect(f"{reverse('people:person', args=[user_id])}#main")
        except NotFound:
            raise
        except DomainError as error:
            refusal = error
    with reading(request):
        return _drawn(request, user_id, bound=form, near=near, refusal=refusal)


def _drawn(
    request: HttpRequest,
    user_id: UUID,
    *,
    bound: forms.Form | None = None,
    near: str = "",
    refusal: DomainError | None = None,
) -> HttpResponse:
    scope, at = scope_of(request), now()
    person = _person(request, user_id)
    is_own, may_manage = user_id == scope.actor.user_id, scope.can(Capability.MANAGE_PEOPLE)
    is_current = person.ended_at is None
    context: dict[str, Any] = {
        "person": person,
        "around": queries.stand_ins(scope=scope, at=at, user_id=user_id),
        "decided": queries.decided_by(scope=scope, user_id=user_id, at=at) if scope.can(Capability.READ_RECORD) else (),
        "may_manage": may_manage and is_current,
        "may_end": (may_manage or is_own) and is_current,
        "is_own": is_own,
        "roles_form": bound if isinstance(bound, RolesForm) else RolesForm(initial={"roles": person.roles}),
        "deputy_form": bound if isinstance(bound, DeputyForm) else _deputy_form(scope, user_id),
        "near": near,
        "mend": _mend(scope, user_id),
        "refusal": refusal,
    }
    if context["may_end"]:
        context |= _departure(request, person)
    status = refusal.status if refusal else 422 if bound else 200
    return render(request, "tarsweb/people/person.html", context, status=status)


def _mend(scope: Scope, user_id: UUID) -> str:
    """Where the admin mends this membership, for those who may."""
    if not scope.can(Capability.FIX_DATA):
        return ""
    member = Membership.objects.filter(tenant_id=scope.tenant_id, user_id=user_id).values_list("id", flat=True).first()
    return reverse("admin:governance_membership_change", args=[member]) if member else ""


def _person(request: HttpRequest, user_id: UUID) -> queries.PersonLine:
    scope = scope_of(request)
    if user_id != scope.actor.user_id:
        scope.demand(Capability.READ_RECORD, to="see the people")
    return queries.person(scope=scope, user_id=user_id, at=now())


def _deputy_form(scope: Scope, user_id: UUID, data: Any = None) -> DeputyForm | None:
    """The form that names a deputy for this person, to whom it is theirs to name one."""
    if not (scope.can(Capability.MANAGE_PEOPLE) or user_id == scope.actor.user_id):
        return None
    everybody = members(scope=scope)
    deciding = {role.value for role in DECIDERS}
    principals = [one for one in everybody if one.user_id == user_id and deciding & set(one.roles)]
    if not principals:
        return None
    form = DeputyForm(data, principals=principals, deputies=[one for one in everybody if one.user_id != user_id])
    del form.fields["principal"]
    return form


def _user(user_id: UUID) -> User:
    found = User.objects.filter(id=user_id).first()
    if found is None:
        raise NotFound("There is no such person in this tenant.")
    return found
