from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.estop import actions, queries
from governance.estop.forms import EVERYTHING, LiftForm, StopForm
from governance.registry.queries import names
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped

PER_PAGE = 25


@require_safe
@scoped(None)
def page(request: HttpRequest) -> HttpResponse:
    """What is stopped, the button, and every press of it."""
    return _drawn(request)


@require_POST
@scoped(None)
def press(request: HttpRequest) -> HttpResponse:
    """Stop everything or one system now."""
    with reading(request):
        form = _form(request)
        if not form.is_valid():
            return _drawn(request, form=form, status=422)
    chosen, reason = form.cleaned_data["system"], form.cleaned_data["reason"]
    name = None if chosen == EVERYTHING else chosen
    try:
        actions.stop(scope=scope_of(request), system_name=name, reason=reason, at=now())
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, form=form, refusal=refusal, status=refusal.status)
    messages.success(request, f"{name} is stopped." if name else "Everything is stopped.")
    return redirect("estop:page")


@require_POST
@scoped(None)
def lift(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    """Let what was stopped run again."""
    form = LiftForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        actions.lift(scope=scope_of(request), stop_id=stop_id, reason=reason, at=now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, refusal=refusal, status=refusal.status)
    messages.success(request, "The stop is lifted. The next question is decided by the rules again.")
    return redirect("estop:page")


def _form(request: HttpRequest) -> StopForm:
    data = request.POST if request.method == "POST" else None
    return StopForm(data, systems=names(scope=scope_of(request)), chosen=request.GET.get("system", ""))


def _drawn(
    request: HttpRequest,
    *,
    form: StopForm | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    scope = scope_of(request)
    page = Paginator(queries.stops(scope=scope, is_in_force=False), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "stops": queries.in_force(scope=scope),
        "page": page,
        "history": queries.listed(page.object_list),
        "form": form or (StopForm(systems=names(scope=scope)) if request.method == "POST" else _form(request)),
        "lift_form": LiftForm(),
        "me": scope.actor.user_id,
        "stop_refused": scope.why_not(Capability.STOP, to="press the e-stop"),
        "lift_refused": scope.why_not(Capability.LIFT_STOP, to="lift an e-stop"),
        "refusal": refusal,
    }
    return render(request, "governance/estop/page.html", context, status=status)
