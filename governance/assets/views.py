from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.assets import actions, queries
from governance.assets.forms import ChangeForm, ContestForm, MandateForm, ReasonForm, RegisterForm, RevokeForm
from governance.assets.models import AssetType, Ownership
from governance.assets.words import sentences
from governance.errors import DomainError, NotFound
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PER_PAGE = 25
_STATES = (("contested", "Contested"), ("retired", "Retired"))


@require_safe
@scoped(to="see the assets")
def index(request: HttpRequest) -> HttpResponse:
    """The assets of the tenant, filtered by the URL."""
    scope, asked = scope_of(request), request.GET
    filter = queries.AssetFilter(
        asked.get("q", "").replace("\x00", ""), *(asked.get(key, "") for key in ("type", "ownership", "state"))
    )
    page = Paginator(queries.assets(scope=scope, filter=filter, at=now()), PER_PAGE).get_page(asked.get("page"))
    context = {
        "page": page,
        "lines": [queries.line_of(row) for row in page.object_list],
        "filter": filter,
        "choices": {"type": AssetType.choices, "ownership": Ownership.choices, "state": _STATES},
        "register_refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="register an asset"),
    }
    return page_or_fragment(
        request, page="governance/assets/list.html", fragment="governance/assets/_assets.html", context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="register an asset")
def register(request: HttpRequest) -> HttpResponse:
    """A new asset, with how it is shared."""
    scope = scope_of(request)
    scope.demand(Capability.MANAGE_SYSTEMS, to="register an asset")
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, "governance/assets/register.html", {"form": form})
    refusal = _tried(form, lambda data: actions.register_asset(scope=scope, at=now(), **data))
    if form.errors or refusal:
        with reading(request):
            context = {"form": form, "refusal": refusal}
            return render(request, "governance/assets/register.html", context, status=_status(refusal))
    messages.success(request, f"{form.cleaned_data['name']} is registered.")
    return redirect("assets:detail", asset_name=form.cleaned_data["name"])


@require_safe
@scoped(to="see an asset")
def detail(request: HttpRequest, asset_name: str) -> HttpResponse:
    """One asset: how it is shared, its mandates, its uses."""
    return _drawn(request, asset_name)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see an asset")
def change(request: HttpRequest, asset_name: str) -> HttpResponse:
    """How an asset is shared, to change."""
    scope = scope_of(request)
    with reading(request):
        line = queries.line_of(queries.asset(scope=scope, name=asset_name))
    form = ChangeForm(request.POST if request.method == "POST" else None, line=line)

    def act(data: dict[str, Any]) -> None:
        values = {key: value for key, value in data.items() if key != "reason"}
        actions.change_asset(scope=scope, name=asset_name, values=values, reason=data["reason"], at=now())

    refusal = _tried(form, act) if form.is_bound else None
    if not form.is_bound or form.errors or refusal:
        with reading(request):
            why_not = scope.why_not(Capability.GRANT_AUTHORITY, to="change who decides about an asset")
            context = {"form": form, "refusal": refusal, "asset": line, "authority_refused": why_not}
            status = _status(refusal) if form.is_bound else 200
            return render(request, "governance/assets/change.html", context, status=status)
    messages.success(request, f"{asset_name} is changed; the ledger keeps what it was.")
    return redirect("assets:detail", asset_name=asset_name)


@require_POST
@scoped(to="retire an asset")
def retire(request: HttpRequest, asset_name: str) -> HttpResponse:
    """Take an asset out of use for good."""
    scope = scope_of(request)
    return _posted(
        request,
        asset_name,
        lambda: actions.retire_asset(scope=scope, name=asset_name, reason=request.POST.get("reason", ""), at=now()),
        said="is retired. Every use of it is refused from now on.",
    )


@require_POST
@scoped(to="mark an asset as contested")
def contest(request: HttpRequest, asset_name: str) -> HttpResponse:
    """Say that it is disputed, and who decides meanwhile."""
    scope, typed = scope_of(request), request.POST
    return _posted(
        request,
        asset_name,
        lambda: actions.mark_contested(
            scope=scope,
            name=asset_name,
            mediator=typed.get("mediator", ""),
            reason=typed.get("reason", ""),
            at=now(),
        ),
        said="is contested. The mediator decides about every use.",
    )


@require_POST
@scoped(to="settle a contested asset")
def settle(request: HttpRequest, asset_name: str) -> HttpResponse:
    """Say that the dispute is over."""
    scope = scope_of(request)
    return _posted(
        request,
        asset_name,
        lambda: actions.settle(scope=scope, name=asset_name, reason=request.POST.get("reason", ""), at=now()),
        said="is settled. Its mandates count again.",
    )


@require_POST
@scoped(to="issue a mandate")
def issue(request: HttpRequest, asset_name: str) -> HttpResponse:
    """Record what a group decided about an asset."""
    scope, form = scope_of(request), MandateForm(request.POST)
    with reading(request):
        queries.asset(scope=scope, name=asset_name)
    refusal = _tried(form, lambda data: actions.issue_mandate(scope=scope, asset_name=asset_name, at=now(), **data))
    if form.errors or refusal:
        with reading(request):
            return _drawn(request, asset_name, form=form, refusal=refusal, status=_status(refusal))
    messages.success(request, "The mandate is in force.")
    return redirect("assets:detail", asset_name=asset_name)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see a mandate")
def revoke(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """End a mandate now: why, and which of its conditions was met."""
    scope = scope_of(request)
    with reading(request):
        row = queries.mandate(scope=scope, mandate_id=mandate_id)
    line = queries.mandate_line(row, at=now())
    form = RevokeForm(request.POST if request.method == "POST" else None, mandate=line)

    def act(data: dict[str, Any]) -> None:
        actions.revoke_mandate(scope=scope, mandate_id=mandate_id, at=now(), **data)

    refusal = _tried(form, act) if form.is_bound else None
    if not form.is_bound or form.errors or refusal:
        with reading(request):
            why_not = scope.why_not(Capability.GRANT_AUTHORITY, to="revoke a mandate")
            context = {"form": form, "refusal": refusal, "mandate": line, "asset": row.asset.name, "refused": why_not}
            status = _status(refusal) if form.is_bound else 200
            return render(request, "governance/assets/revoke.html", context, status=status)
    messages.success(request, "The mandate is revoked. The next question is decided without it.")
    return redirect("assets:detail", asset_name=row.asset.name)


def _tried(form: Any, act: Callable[[dict[str, Any]], Any]) -> DomainError | None:
    """What refused a valid form; None where nothing did, or where the form itself is wrong."""
    if not form.is_valid():
        return None
    try:
        act(form.cleaned_data)
    except NotFound:
        raise
    except DomainError as refusal:
        return refusal
    return None


def _status(refusal: DomainError | None) -> int:
    return refusal.status if refusal else 422


def _posted(request: HttpRequest, name: str, act: Callable[[], Any], *, said: str) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            # Who asks for another tenant's asset hears that there is none, whatever else was wrong.
            return _drawn(request, name, refusal=refusal, status=refusal.status)
    messages.success(request, f"{name} {said}")
    return redirect("assets:detail", asset_name=name)


def _drawn(
    request: HttpRequest,
    name: str,
    *,
    form: MandateForm | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    scope, at = scope_of(request), now()
    page = queries.page_of(scope=scope, name=name, at=at)
    asset = page.asset
    said = sentences(
        ownership=asset.ownership,
        owner=asset.owner,
        parties=asset.parties,
        requires_consensus=asset.requires_consensus,
        fallback=asset.fallback_allocation,
        price=asset.externality_pricing,
        cap_per_user=asset.cap_per_user,
        cap_per_hour=asset.cap_per_hour,
        mediator=asset.mediator if asset.state == "contested" else "",
    )
    found = queries.for_decision(tenant_id=scope.tenant_id, asset=name, used_by="", at=at)
    context = {
        "page": page,
        "asset": asset,
        "said": said,
        "rules": found.rules,
        "mandate_form": form or MandateForm(),
        "contest_form": ContestForm(),
        "reason_form": ReasonForm(auto_id="retire_%s"),
        "settle_form": ReasonForm(auto_id="settle_%s"),
        "manage_refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="change an asset"),
        "mandate_refused": scope.why_not(Capability.GRANT_AUTHORITY, to="issue a mandate"),
        "refusal": refusal,
    }
    return render(request, "governance/assets/detail.html", context, status=status)
