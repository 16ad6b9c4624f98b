"""Pages on which people begin something: plan a night, ask for a test, see and lift what is barred."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dreams.cycles import acting, planning, wishes
from dreams.cycles.bounding import words_of
from dreams.cycles.forms import PlanForm, TestForm
from dreams.cycles.settings import chosen
from dreams.cycles.window import path_of
from governance.errors import DomainError, NotFound
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PER_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see nights")
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a night by hand: first why none may be, then when and how long."""
    if request.method != "POST":
        return _plan_page(request)
    with reading(request):
        form = PlanForm(request.POST, systems=acting.dreamable(scope=scope_of(request)))
    if not form.is_valid():
        with reading(request):
            return _plan_page(request, form=form, status=422)
    said = form.cleaned_data
    try:
        made = planning.plan(
            scope=scope_of(request),
            system_name=said["system"],
            starts_at=said["starts_at"],
            hours=said["hours"],
            seed=said["seed"],
            at=now(),
        )
    except DomainError as refusal:
        with reading(request):
            return _plan_page(request, form=form, refusal=refusal, status=refusal.status)
    messages.success(request, _("%(night)s is planned. What decides is written down.") % {"night": made.cycle_id})
    return redirect(path_of(made.cycle_id))


def _plan_page(
    request: HttpRequest, *, form: PlanForm | None = None, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    scope = scope_of(request)
    names = acting.dreamable(scope=scope)
    given = request.POST.get("system", "") if form else request.GET.get("system", "")
    name = given if given in names else ""
    hours = chosen(scope=scope).window_hours
    context = {
        "form": form or PlanForm(systems=names, initial={"system": name, "hours": hours}),
        "names": names,
        "name": name,
        "why_not": acting.why_not(scope=scope, name=name) if name and refusal is None else "",
        "refusal": refusal,
        "refused": scope.why_not(Capability.PROPOSE, to="plan a night"),
    }
    return page_or_fragment(
        request, page="dreams/cycles/plan.html", fragment="dreams/cycles/_plan.html", context=context, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see what is to be tested")
def ask(request: HttpRequest) -> HttpResponse:
    """Test this: a tunable place and a value inside its bounds, for the next night of the system."""
    given = request.POST if request.method == "POST" else request.GET
    name, pointer = (given.get(key, "").replace("\x00", "") for key in ("system", "pointer"))
    with reading(request):
        names = acting.dreamable(scope=scope_of(request))
        trial = acting.trial(scope=scope_of(request), name=name, pointer=pointer) if name else None
    if request.method != "POST":
        return _ask_page(request, names, trial, form=TestForm(dial=trial.dial) if trial and trial.dial else None)
    if trial is None or trial.dial is None:
        raise NotFound("Choose a system of which something may be tried.")
    form = TestForm(request.POST, dial=trial.dial)
    if not form.is_valid():
        return _ask_page(request, names, trial, form=form, status=422)
    changes = trial.dial.changes(form.cleaned_data["value"])
    try:
        wishes.ask(scope=scope_of(request), system_name=name, changes=changes, note=form.cleaned_data["note"], at=now())
    except DomainError as refusal:
        return _ask_page(request, names, trial, form=form, refusal=refusal, status=refusal.status)
    messages.success(request, _("It is tried in the next night of %(name)s.") % {"name": name})
    return redirect(f"{reverse('dreams:ask')}?system={name}")


def _ask_page(
    request: HttpRequest,
    names: tuple[str, ...],
    trial: acting.Trial | None,
    *,
    form: TestForm | None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "names": names,
        "name": trial.system.name if trial else "",
        "trial": trial,
        "today": words_of(trial.dial.today) if trial and trial.dial else "",
        "form": form,
        "refusal": refusal,
        "refused": scope_of(request).why_not(Capability.PROPOSE, to="ask for a test"),
    }
    with reading(request):
        return page_or_fragment(
            request, page="dreams/cycles/ask.html", fragment="dreams/cycles/_ask.html", context=context, status=status
        )


@require_safe
@scoped(to="see what is barred")
def barred(request: HttpRequest) -> HttpResponse:
    """What does not come again: by somebody's word, or because it was rolled back."""
    scope, system = scope_of(request), typed_of(request, "system")
    page = Paginator(acting.bars(scope=scope, system=system), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": acting.bar_lines(page.object_list),
        "undone": acting.undone(scope=scope, system=system) if page.number == 1 else [],
        "names": acting.dreamable(scope=scope),
        "name": system,
        "refused": scope.why_not(Capability.DECIDE, to="let it be dreamed again"),
    }
    return page_or_fragment(
        request, page="dreams/cycles/barred.html", fragment="dreams/cycles/_barred.html", context=context
    )


def typed_of(request: HttpRequest, name: str) -> str:
    """A word of the address, without the character that no table can keep."""
    return request.GET.get(name, "").replace("\x00", "").strip()
