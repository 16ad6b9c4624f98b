"""The tenants from outside. To everybody but platform staff there is nothing at these addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError
from governance.exports.table import MEDIA
from governance.identity.confirm import confirm, factor_of
from governance.identity.models import User
from governance.tenants.models import Tier
from governance.web import now, page_or_fragment
from tarsweb.people.letters import deliver
from tarsweb.platform import actions, queries, visits
from tarsweb.platform import budgets as money
from tarsweb.platform.forms import BudgetFilterForm, CloseForm, FilterForm, OpenForm, ReasonForm, TermsForm
from tarsweb.platform.stewards import Steward, steward_of

PER_PAGE = 25
View = Callable[..., HttpResponse]
Verb = Callable[[dict[str, Any]], object]


def _staffed(view: View) -> View:
    """A view for platform staff, who arrive as `steward`; 404 for everybody else who is signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, steward_of(request), *args, **kwargs)

    return guarded


@require_safe
@_staffed
def index(request: HttpRequest, steward: Steward) -> HttpResponse:
    """Every tenant, filtered by the URL."""
    form = FilterForm(request.GET)
    form.is_valid()
    filter = queries.Filter(**form.cleaned_data)
    lines = queries.tenants(actor=steward.actor, filter=filter)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "asked": FilterForm(form.cleaned_data), "filter": filter, "lists": _tabs("list")}
    return page_or_fragment(
        request,
        page="tarsweb/platform/page.html",
        fragment="tarsweb/platform/_tenants.html",
        context=context,
    )


@require_safe
@_staffed
def budgets(request: HttpRequest, steward: Steward) -> HttpResponse:
    """Which tenants approach their limit, filtered and sorted by the URL; `format` takes the list away."""
    form = BudgetFilterForm(request.GET)
    form.is_valid()
    filter = money.Filter(**form.cleaned_data)
    found = money.lines(actor=steward.actor, at=now(), filter=filter)
    if (wanted := request.GET.get("format", "")) in ("csv", "json"):
        file = HttpResponse(money.file_of(found, format=wanted), content_type=MEDIA[wanted])
        file["Content-Disposition"] = f'attachment; filename="tenants-budgets.{wanted}"'
        return file
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return page_or_fragment(
        request,
        page="tarsweb/platform/budgets.html",
        fragment="tarsweb/platform/_budgets.html",
        context={
            "page": page,
            "asked": BudgetFilterForm(form.cleaned_data),
            "filter": filter,
            "lists": _tabs("budgets"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@_staffed
def open_page(request: HttpRequest, steward: Steward) -> HttpResponse:
    """A new tenant; the tier in the URL fills in its limits."""
    if request.method != "POST":
        asked = request.GET.get("tier", "")
        return _opening(request, OpenForm(tier=Tier(asked) if asked in Tier.values else Tier.STARTER))
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _opening(request, form, status=422)
    try:
        opened = actions.open_tenant(by=steward, at=now(), **form.cleaned_data)
    except DomainError as refusal:
        return _opening(request, form, refusal=refusal, status=refusal.status)
    link = deliver(opened.invited) if opened.invited else ""
    messages.success(request, f"{opened.tenant.name} is open. Its first admin is invited.")
    if not link:
        return redirect("platform:tenant", tenant_id=opened.tenant.id)
    context = {"invited": opened.invited, "link": link, "back": reverse("platform:tenant", args=[opened.tenant.id])}
    response = render(request, "tarsweb/people/invited.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@_staffed
def detail(request: HttpRequest, steward: Steward, tenant_id: UUID) -> HttpResponse:
    """One tenant's contract, and what staff may do with it."""
    return _drawn(request, steward, tenant_id)


@require_POST
@_staffed
def terms(request: HttpRequest, steward: Steward, tenant_id: UUID) -> HttpResponse:
    """Another contract."""
    return _done(
        request,
        steward,
        tenant_id,
        TermsForm(request.POST),
        lambda data: actions.change_terms(by=steward, tenant_id=tenant_id, at=now(), **data),
        said="The contract is changed.",
    )


@require_POST
@_staffed
def deactivate(request: HttpRequest, steward: Steward, tenant_id: UUID) -> HttpResponse:
    """Close the tenant."""
    name = queries.tenant(actor=steward.actor, tenant_id=tenant_id).name
    return _done(
        request,
        steward,
        tenant_id,
        CloseForm(request.POST, name=name),
        _confirmed(
            request,
            lambda data: actions.close_tenant(by=steward, tenant_id=tenant_id, reason=data["reason"], at=now()),
        ),
        said="The tenant is deactivated. Its members are told by mail; its record is kept.",
    )


@require_POST
@_staffed
def reactivate(request: HttpRequest, steward: Steward, tenant_id: UUID) -> HttpResponse:
    """Open it again."""
    return _done(
        request,
        steward,
        tenant_id,
        ReasonForm(request.POST, prefix_id="reopen"),
        _confirmed(request, lambda data: actions.reopen_tenant(by=steward, tenant_id=tenant_id, at=now(), **data)),
        said="The tenant is open again. Its members are told by mail.",
    )


@require_POST
@_staffed
def visit(request: HttpRequest, steward: Steward, tenant_id: UUID) -> HttpResponse:
    """Enter the tenant for an hour."""

    def enter(data: dict[str, Any]) -> None:
        _left(request, steward)
        scope = steward.scope(tenant_id)
        visits.keep(request.session, actions.begin_visit(scope=scope, at=now(), **data))

    form = ReasonForm(request.POST, prefix_id="visit")
    return _done(request, steward, tenant_id, form, _confirmed(request, enter), to="/")


@require_POST
@_staffed
def leave(request: HttpRequest, steward: Steward) -> HttpResponse:
    """The visit is over."""
    _left(request, steward)
    return redirect("platform:list")


def _left(request: HttpRequest, steward: Steward) -> None:
    """End the visit that this browser session is on, if any."""
    assert isinstance(request.user, User)
    visit = visits.visit_of(request.session, user=request.user, at=now())
    visits.forget(request.session)
    if visit is not None:
        scope = steward.scope(visit.tenant_id)
        actions.end_visit(scope=scope, visit_id=visit.id, by=steward.actor.name, at=now())
        messages.success(request, f"Your visit of {visit.tenant_name} is over.")


def _confirmed(request: HttpRequest, verb: Verb) -> Verb:
    """The verb, once the person has proved presence; raises `NotConfirmed` before it."""

    def guarded(data: dict[str, Any]) -> object:
        assert isinstance(request.user, User)
        confirm(user=request.user, answer=request.POST.get("confirm", ""), at=now(), request=request)
        return verb(data)

    return guarded


def _done(
    request: HttpRequest,
    steward: Steward,
    tenant_id: UUID,
    form: forms.Form,
    verb: Verb,
    *,
    said: str = "",
    to: str = "",
) -> HttpResponse:
    """Run the verb on a tenant that exists and go to its page, or to `to`; a refusal redraws it with the reason."""
    queries.tenant(actor=steward.actor, tenant_id=tenant_id)
    if not form.is_valid():
        return _drawn(request, steward, tenant_id, bound=form)
    try:
        verb(form.cleaned_data)
    except DomainError as refusal:
        return _drawn(request, steward, tenant_id, bound=form, refusal=refusal)
    if said:
        messages.success(request, said)
    return redirect(to or reverse("platform:tenant", args=[tenant_id]))


def _drawn(
    request: HttpRequest,
    steward: Steward,
    tenant_id: UUID,
    *,
    bound: forms.Form | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    line = queries.tenant(actor=steward.actor, tenant_id=tenant_id)
    now_agreed = {
        "tier": line.tier,
        "max_users": line.max_users,
        "max_monthly_budget": line.max_monthly_budget,
    }
    forms_of = {
        "terms": TermsForm(initial=now_agreed),
        "close": CloseForm(name=line.name),
        "reopen": ReasonForm(prefix_id="reopen"),
        "visit": ReasonForm(prefix_id="visit"),
    }
    if bound is not None:
        forms_of[str(bound.auto_id).removesuffix("-%s")] = bound
    assert isinstance(request.user, User)
    context = {"line": line, "forms": forms_of, "refusal": refusal, "factor": factor_of(request.user)}
    status = refusal.status if refusal else 422 if bound else 200
    return render(request, "tarsweb/platform/tenant.html", context, status=status)


def _opening(
    request: HttpRequest, form: OpenForm, *, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    current = str(form["tier"].value())
    tabs = [
        {"label": tier.label, "url": f"?tier={tier.value}", "current": tier.value == current, "count": None}
        for tier in Tier
    ]
    context = {"form": form, "tabs": tabs, "refusal": refusal}
    return render(request, "tarsweb/platform/open.html", context, status=status)


def _tabs(here: str) -> list[dict[str, Any]]:
    labels = {"list": _("Tenants"), "budgets": _("Near their limit")}
    return [
        {"label": label, "url": reverse(f"platform:{name}"), "current": name == here} for name, label in labels.items()
    ]
