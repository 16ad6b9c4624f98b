from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dreams.elicitation import actions, queries
from dreams.elicitation.consistency import LEAST
from dreams.elicitation.export import item_filter, run_filter
from dreams.elicitation.forms import FORMS
from dreams.elicitation.panel import TEMPLATE, card
from dreams.elicitation.queries import Line
from dreams.elicitation.scenario import Kind, kind_of
from governance.amendments.views.common import typed
from governance.drift.queries import state_of
from governance.errors import DomainError, NotAllowed, NotFound
from governance.registry.queries import names
from governance.registry.queries import system as system_called
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

PER_PAGE: Final = 25


@require_safe
@scoped(to=queries.TO_SEE)
def index(request: HttpRequest) -> HttpResponse:
    """What is expected of systems: scenarios and pairs."""
    scope, asked = scope_of(request), item_filter(request.GET)
    found = queries.items(scope=scope, filter=asked)
    every = queries.items(scope=scope)
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "filter": asked,
        "kinds": [(Kind.SCENARIO.value, _("Scenarios")), (Kind.PAIR.value, _("Pairs"))],
        "states": [("active", _("Asked")), ("off", _("Switched off"))],
        "domains": queries.subjects(every),
        "systems": names(scope=scope),
        "active": sum(one.item.is_active for one in every if one.kind == Kind.SCENARIO.value),
        "least": LEAST,
        "refused": scope.why_not(Capability.SET_DRIFT, to=actions.TO_WRITE),
    }
    return page_or_fragment(
        request, page="dreams/elicitation/items.html", fragment="dreams/elicitation/_items.html", context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to=queries.TO_SEE)
def new(request: HttpRequest, item_kind: str) -> HttpResponse:
    """A form for another scenario or pair; a POST writes it."""
    return _form(request, kind_of(item_kind), None)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to=queries.TO_SEE)
def item(request: HttpRequest, item_kind: str, item_key: str) -> HttpResponse:
    """One scenario or pair; a POST writes it anew."""
    with reading(request):
        line = queries.item(scope=scope_of(request), kind=kind_of(item_kind), key=item_key)
    return _form(request, kind_of(item_kind), line)


def _form(request: HttpRequest, kind: Kind, line: Line | None) -> HttpResponse:
    scope, refusal = scope_of(request), None
    with reading(request):
        systems = names(scope=scope)
    data = request.POST if request.method == "POST" else None
    form = FORMS[kind](data, content=line.item.content if line else None, systems=systems)
    if data is not None and form.is_valid():
        key, is_active = (line.item.key, form.cleaned_data["is_active"]) if line else (form.key(), True)
        said: dict[str, Any] = {"content": form.content(), "reason": form.cleaned_data["reason"]}
        try:
            if line is None:
                actions.demand_new(scope=scope, kind=kind, key=key)
            actions.save(scope=scope, kind=kind, key=key, is_active=is_active, at=now(), **said)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Kept. The next run asks it."))
            return redirect("elicitation:item", kind.value, key)
    return _drawn(request, kind, line, form=form, refusal=refusal)


def _drawn(
    request: HttpRequest, kind: Kind, line: Line | None, *, form: Any, refusal: DomainError | None = None
) -> HttpResponse:
    context = {
        "kind": kind.value,
        "line": line,
        "form": form,
        "refusal": refusal,
        "refused": scope_of(request).why_not(Capability.SET_DRIFT, to=actions.TO_WRITE),
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    with reading(request):
        return render(request, "dreams/elicitation/item.html", context, status=status)


@require_POST
@scoped(None)
def undo(request: HttpRequest, item_kind: str, item_key: str) -> HttpResponse:
    """Take the last change back."""
    try:
        actions.undo(
            scope=scope_of(request), kind=kind_of(item_kind), key=item_key, reason=typed(request, "reason"), at=now()
        )
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("It stands as it did before."))
    return redirect("elicitation:item", item_kind, item_key)


@require_safe
@scoped(to=queries.TO_SEE)
def runs(request: HttpRequest) -> HttpResponse:
    """Runs, newest first."""
    scope, asked = scope_of(request), run_filter(request.GET)
    context = {
        "page": Paginator(queries.runs(scope=scope, filter=asked), PER_PAGE).get_page(request.GET.get("page")),
        "filter": asked,
        "outcomes": [("passed", _("Passed")), ("failed", _("Did not pass"))],
        "systems": names(scope=scope),
    }
    return page_or_fragment(
        request, page="dreams/elicitation/runs.html", fragment="dreams/elicitation/_runs.html", context=context
    )


@require_safe
@scoped(to=queries.TO_SEE)
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run with what disagreed first."""
    scope = scope_of(request)
    found = queries.whole(scope=scope, row=queries.found_run(scope=scope, run_id=run_id), at=now())
    return render(request, "dreams/elicitation/run.html", {"run": found})


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None, to=queries.TO_SEE)
def ask(request: HttpRequest, name: str) -> HttpResponse:
    """A POST has a system asked; the card of its drift page asks here how far it is."""
    scope = scope_of(request)
    if request.method == "POST":
        try:
            actions.start(scope=scope, system_name=name, at=now())
        except (NotAllowed, NotFound):
            raise
        except DomainError as refusal:
            messages.error(request, refusal.sentence)
        if not wants_fragment(request):
            return redirect("drift:page", name=name)
    elif not wants_fragment(request):
        return redirect("drift:page", name=name)
    with reading(request):
        scope.demand(Capability.READ_RECORD, to=queries.TO_SEE)
        system = system_called(scope=scope, name=name)
        state = state_of(tenant_id=scope.tenant_id, system_id=system.id)
        return render(request, TEMPLATE, {"panel": card(scope, system, state)})
