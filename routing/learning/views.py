from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.errors import DomainError, NotFound
from governance.scope import Capability
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from routing.learning import actions, panel, queries
from routing.learning.embedder_panel import embedded
from routing.learning.forms import SettingsForm
from routing.learning.models import State

PER_PAGE = 25


@require_safe
@scoped(to="read what is learned")
def index(request: HttpRequest) -> HttpResponse:
    """Rules that history speaks for: those that wait first, then what became of the others."""
    scope, state = scope_of(request), request.GET.get("state", "")
    state = state if state in State.values else ""
    page = Paginator(queries.proposals(scope=scope, state=state), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": queries.lines_of(page.object_list),
        "state": state,
        "states": State.choices,
        "settings": queries.settings_of(scope=scope),
        "night": queries.night_of(scope=scope),
        "embedded": embedded(scope=scope),
        "refused": scope.why_not(Capability.ROUTE, to=actions.TO),
    }
    return page_or_fragment(
        request, page="routing/learning/list.html", fragment="routing/learning/_learned.html", context=context
    )


@require_safe
@scoped(to="read what is learned")
def detail(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """One proposal with its evidence."""
    return _drawn(request, proposal_id)


@require_POST
@scoped(to=actions.TO)
def accept(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Put it in force."""
    typed = request.POST.get("revision", "")
    revision = int(typed) if typed.isdecimal() and len(typed) < 9 else 0
    return _done(
        request,
        proposal_id,
        lambda: actions.accept(scope=scope_of(request), proposal_id=proposal_id, revision=revision, at=now()),
        said=_("The rule is in force: the next request is compared with it."),
    )


@require_POST
@scoped(to=actions.TO)
def refuse(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Say no, and why."""
    because = request.POST.get("because", "")
    return _done(
        request,
        proposal_id,
        lambda: actions.refuse(scope=scope_of(request), proposal_id=proposal_id, because=because, at=now()),
        said=_("Refused. It is proposed again when there are twice as many such requests."),
    )


@require_POST
@scoped(to=actions.TO)
def take_back(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Undo the decision."""
    return _done(
        request,
        proposal_id,
        lambda: actions.take_back(scope=scope_of(request), proposal_id=proposal_id, at=now()),
        said=_("Taken back. The proposal waits for a review again, and its rule is off."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see how rules are learned")
def settings(request: HttpRequest) -> HttpResponse:
    """How rules are learned; a POST changes it."""
    scope, refusal = scope_of(request), None
    form = SettingsForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid():
        try:
            actions.change_settings(scope=scope, at=now(), **form.cleaned_data)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Kept. It holds from the next night on."))
            return redirect("learning:list")
    with reading(request):
        found = queries.settings_of(scope=scope)
        context = {
            "form": form or SettingsForm.of(found),
            "settings": found,
            "refusal": refusal,
            "refused": scope.why_not(Capability.ROUTE, to="change how rules are learned"),
        }
        status = refusal.status if refusal else 422 if form else 200
        return render(request, "routing/learning/settings.html", context, status=status)


def _done(request: HttpRequest, proposal_id: UUID, act: Callable[[], Any], *, said: str) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _drawn(request, proposal_id, refusal=refusal)
    messages.success(request, said)
    return redirect("learning:detail", proposal_id)


def _drawn(request: HttpRequest, proposal_id: UUID, *, refusal: DomainError | None = None) -> HttpResponse:
    scope = scope_of(request)
    whole = queries.whole(scope=scope, proposal_id=proposal_id)
    context = {
        "one": whole.line,
        "examples": whole.examples,
        "history": whole.history,
        "beside": panel.beside(scope, whole.line),
        "refusal": refusal,
        "typed": request.POST.get("because", ""),
        "refused": scope.why_not(Capability.ROUTE, to=actions.TO),
    }
    return render(request, "routing/learning/detail.html", context, status=refusal.status if refusal else 200)
