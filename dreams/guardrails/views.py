from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dreams.guardrails import answering, queries, settings
from dreams.guardrails.export import filter_of
from dreams.guardrails.forms import SettingsForm
from dreams.guardrails.models import State
from governance.amendments.views.common import typed
from governance.errors import DomainError, NotAllowed, NotFound
from governance.registry.queries import names
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PER_PAGE = 25


@require_safe
@scoped(to="see what is watched")
def index(request: HttpRequest) -> HttpResponse:
    """Amendments that are watched, and what became of those that were."""
    scope, asked = scope_of(request), filter_of(request.GET)
    page = Paginator(queries.watches(scope=scope, filter=asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": queries.lines_of(page.object_list),
        "filter": asked,
        "states": [("open", _("Open")), *State.choices],
        "systems": names(scope=scope),
    }
    return page_or_fragment(
        request, page="dreams/guardrails/page.html", fragment="dreams/guardrails/_watches.html", context=context
    )


@require_POST
@scoped(None)
def keep(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, answering.keep, _("It stays, and is watched no more."))


@require_POST
@scoped(None)
def pause(request: HttpRequest, number: int) -> HttpResponse:
    return _done(
        request,
        number,
        answering.pause,
        _("TARS promotes no dream on this system by itself until somebody lets the watch go on."),
    )


@require_POST
@scoped(None)
def resume(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, answering.resume, _("It is watched anew: what was seen so far counts no more."))


@require_POST
@scoped(None)
def extend(request: HttpRequest, number: int) -> HttpResponse:
    """So many days longer."""
    days = typed(request, "days")
    wish = int(days) if days.isdecimal() and len(days) < 4 else 0

    def verb(*, scope: Scope, number: int, reason: str, at: datetime) -> object:
        return answering.extend(scope=scope, number=number, days=wish, reason=reason, at=at)

    return _done(request, number, verb, _("It is watched longer."))


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see the guardrails")
def change(request: HttpRequest) -> HttpResponse:
    """How amendments are watched; a POST changes it."""
    scope, refusal = scope_of(request), None
    with reading(request):
        chosen = settings.chosen(scope=scope)
    form = SettingsForm(request.POST, chosen=chosen) if request.method == "POST" else None
    if form and form.is_valid():
        said = form.cleaned_data
        try:
            settings.change(scope=scope, days=said["days"], rules=form.rules(), reason=said["reason"], at=now())
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Kept. It holds for amendments that are applied from now on."))
            return redirect("guardrails:list")
    context = {
        "form": form or SettingsForm(chosen=chosen),
        "chosen": chosen,
        "refusal": refusal,
        "refused": scope.why_not(Capability.GRANT_AUTHORITY, to=settings.TO),
    }
    with reading(request):
        status = refusal.status if refusal else 422 if form else 200
        return render(request, "dreams/guardrails/settings.html", context, status=status)


def _done(request: HttpRequest, number: int, verb: Callable[..., object], said: str) -> HttpResponse:
    try:
        verb(scope=scope_of(request), number=number, reason=typed(request, "reason"), at=now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, said)
    return redirect("amendments:detail", number)
