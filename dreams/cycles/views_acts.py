"""What people do to nights and dreams: one verb for each POST."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dreams.cycles import promoting, regression, stopping, wishes
from dreams.cycles.models import Dream
from dreams.cycles.window import path_of
from governance.amendments.views.common import to_amendment, typed
from governance.errors import DomainError, NotAllowed, NotFound
from governance.web import now, reading, scope_of, scoped

INSIDE = ("/dreams/", "/systems/", "/executions/")


@require_POST
@scoped(None)
def propose(request: HttpRequest, dream_id: UUID) -> HttpResponse:
    """A winner becomes an amendment, whose page follows."""
    scope = scope_of(request)
    try:
        made = promoting.propose(scope=scope, dream_id=dream_id, at=now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.sentence)
        return redirect(_back(request, _night_of(request, dream_id)))
    return to_amendment(request, made.number, said=_("%(label)s is proposed.") % {"label": made.label})


@require_POST
@scoped(None)
def bar(request: HttpRequest, dream_id: UUID) -> HttpResponse:
    """Never again."""
    said = _("It does not come again, not inside a larger change either, until somebody lifts it.")
    return _done(
        request,
        lambda: wishes.bar(scope=scope_of(request), dream_id=dream_id, reason=typed(request, "reason"), at=now()),
        said=said,
        back=lambda: _night_of(request, dream_id),
    )


@require_POST
@scoped(None)
def lift(request: HttpRequest, bar_id: UUID) -> HttpResponse:
    """It may come again."""
    return _done(
        request,
        lambda: wishes.lift(scope=scope_of(request), bar_id=bar_id, reason=typed(request, "reason"), at=now()),
        said=_("It may be dreamed again."),
        back=lambda: reverse("dreams:barred"),
    )


@require_POST
@scoped(None)
def stop(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """A planned night ends at once, a running one at its next block."""
    return _done(
        request,
        lambda: stopping.stop(scope=scope_of(request), cycle_id=cycle_id, reason=typed(request, "reason"), at=now()),
        said=_("The night is stopped. What it saw until now promotes nothing."),
        back=lambda: path_of(cycle_id),
    )


@require_POST
@scoped(None)
def withdraw(request: HttpRequest, wish_id: UUID) -> HttpResponse:
    """A test that was not dreamed yet is taken back."""
    return _done(
        request,
        lambda: wishes.withdraw(scope=scope_of(request), wish_id=wish_id, at=now()),
        said=_("The test is withdrawn."),
        back=lambda: reverse("dreams:ask"),
    )


@require_POST
@scoped(None)
def freeze(request: HttpRequest, name: str) -> HttpResponse:
    """Every night of the system tries this execution."""
    key = typed(request, "execution")
    return _done(
        request,
        lambda: regression.freeze(scope=scope_of(request), system_name=name, request_key=key, at=now()),
        said=_("Every night tries it from now on."),
        back=lambda: reverse("dreams:regression", args=[name]),
    )


@require_POST
@scoped(None)
def thaw(request: HttpRequest, name: str) -> HttpResponse:
    """No night has to try it any more."""
    key = typed(request, "execution")
    return _done(
        request,
        lambda: regression.thaw(scope=scope_of(request), system_name=name, request_key=key, at=now()),
        said=_("It is taken out."),
        back=lambda: reverse("dreams:regression", args=[name]),
    )


def _done(request: HttpRequest, act: Callable[[], object], *, said: str, back: Callable[[], str]) -> HttpResponse:
    """Do it and go back where the person was, with what came of it. Who may not, or asks for what is not there, is told so."""
    try:
        act()
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, said)
    return redirect(_back(request, back()))


def _back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that the form names, else `otherwise`."""
    named = typed(request, "next")
    return named if named.startswith(INSIDE) and "\\" not in named else otherwise


def _night_of(request: HttpRequest, dream_id: UUID) -> str:
    with reading(request):
        rows = Dream.objects.filter(tenant_id=scope_of(request).tenant_id, id=dream_id)
        found = rows.values_list("cycle_id", flat=True).first()
    return path_of(found) if found else "/dreams/"
