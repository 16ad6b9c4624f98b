from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.budgets.amounts import roughly
from governance.errors import DomainError, NotFound
from governance.registry.queries import system as system_called
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from routing.connectors import actions, queries
from routing.connectors.forms import ConnectorForm, ReasonForm, SecretForm
from routing.connectors.limits import amounts_of

PER_PAGE = 25


@require_safe
@scoped(to="see connectors")
def index(request: HttpRequest) -> HttpResponse:
    """How every system is reached, and whether it can be now, narrowed by the URL."""
    scope = scope_of(request)
    text, state = (request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "state"))
    found = queries.lines(scope=scope, at=now(), text=text, state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": page.object_list,
        "text": text,
        "state": state,
        "states": queries.state_choices(),
        "is_narrow": bool(text or state),
        "unconnected": queries.unconnected(scope=scope),
        "refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="configure a connector"),
    }
    return page_or_fragment(
        request, page="routing/connectors/list.html", fragment="routing/connectors/_connectors.html", context=context
    )


@require_safe
@scoped(to="see a connector")
def detail(request: HttpRequest, name: str) -> HttpResponse:
    """One connector: health, limits, secrets by name and version, tools."""
    return _drawn(request, name)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(Capability.MANAGE_SYSTEMS, to="configure a connector")
def configure(request: HttpRequest, name: str) -> HttpResponse:
    """How a system is reached, to say or to change."""
    scope, refusal = scope_of(request), None
    with reading(request):
        system_called(scope=scope, name=name)
        try:
            whole = queries.whole(scope=scope, system_name=name, at=now())
        except NotFound:
            whole = None
    form = ConnectorForm(request.POST if request.method == "POST" else None, whole=whole)
    if form.is_bound and form.is_valid():
        try:
            actions.configure(scope=scope, system_name=name, at=now(), **form.wish())
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, f"Saved how {name} is reached.")
            return redirect("connectors:detail", name=name)
    with reading(request):
        context = {"form": form, "name": name, "whole": whole, "refusal": refusal}
        status = refusal.status if refusal else 422 if form.is_bound else 200
        return render(request, "routing/connectors/configure.html", context, status=status)


@require_POST
@scoped(to="look at an agent's tools")
def look(request: HttpRequest, name: str) -> HttpResponse:
    """Start the look; the job's page says how it fares."""
    job = actions.look(scope=scope_of(request), system_name=name, at=now())
    messages.success(request, f"{name} is being looked at.")
    return redirect("jobs:detail", job_id=job.id)


@require_POST
@scoped(to="approve an agent's tools")
def approve_tools(request: HttpRequest, name: str) -> HttpResponse:
    """Let the chosen definitions be called."""
    wish = {"digests": request.POST.getlist("digest")}
    return _acted(request, name, actions.approve_tools, wish, "The chosen tools may be called.")


@require_POST
@scoped(to="switch a connector off")
def disable(request: HttpRequest, name: str) -> HttpResponse:
    wish = {"reason": request.POST.get("reason", "")}
    return _acted(request, name, actions.disable, wish, f"{name} is not called any more.")


@require_POST
@scoped(to="switch a connector on")
def enable(request: HttpRequest, name: str) -> HttpResponse:
    return _acted(request, name, actions.enable, {}, f"{name} is called again.")


@require_POST
@scoped(to="set a secret")
def set_secret(request: HttpRequest, name: str) -> HttpResponse:
    """Seal a secret; what was typed is never drawn again."""
    with reading(request):
        kind = queries.whole(scope=scope_of(request), system_name=name, at=now()).line.kind
    form = SecretForm(request.POST, kind=kind)
    if not form.is_valid():
        with reading(request):
            return _drawn(request, name, secret_form=form, status=422)
    return _acted(request, name, actions.set_secret, form.wish(), "The secret is sealed and sent from now on.")


@require_POST
@scoped(to="retire a secret")
def retire_secret(request: HttpRequest, name: str) -> HttpResponse:
    version = request.POST.get("version", "")
    wish = {
        "name": request.POST.get("name", ""),
        "version": int(version) if version.isdecimal() and len(version) < 9 else 0,
    }
    return _acted(request, name, actions.retire_secret, wish, "That version is retired and forgotten.")


def _acted(request: HttpRequest, system: str, verb: Any, wish: dict[str, Any], said: str) -> HttpResponse:
    try:
        verb(scope=scope_of(request), system_name=system, at=now(), **wish)
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, system, refusal=refusal, status=refusal.status)
    messages.success(request, said)
    return redirect("connectors:detail", name=system)


def _drawn(request: HttpRequest, name: str, *, status: int = 200, **more: Any) -> HttpResponse:
    scope = scope_of(request)
    whole = queries.whole(scope=scope, system_name=name, at=now())
    maximums = amounts_of(whole.settings["maximums"])
    approve_refused = scope.why_not(Capability.APPROVE_TOOLS, to="approve an agent's tools")
    if not approve_refused and scope.actor.name == whole.pointed_by:
        approve_refused = "You said where it is reached, so somebody else approves its tools: an operator or security."
    context = {
        "whole": whole,
        "line": whole.line,
        "costs_at_most": roughly(maximums) if maximums else "",
        "secret_form": SecretForm(kind=whole.line.kind),
        "reason_form": ReasonForm(),
        "manage_refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="change a connector"),
        "approve_refused": approve_refused,
        "refusal": None,
        **more,
    }
    return render(request, "routing/connectors/detail.html", context, status=status)
