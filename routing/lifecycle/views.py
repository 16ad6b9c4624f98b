"""Where everything is, what comes next, and what people do about it: one verb each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance.amendments.views.common import confirmed, typed
from governance.errors import DomainError, NotAllowed, NotFound
from governance.identity.confirm import factor_of
from governance.registry.queries import names
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of, scoped
from routing.lifecycle import checking, holds, moving, pruning, queries, retention, stones
from routing.lifecycle.ages import years_said
from routing.lifecycle.forms import EVERYTHING, HoldForm, YearsForm

PER_PAGE: Final = 25
_FOLDER: Final = "routing/lifecycle"
_PRUNE: Final = "destroy what is due"
_HOLD: Final = "place or release a legal hold"
_RETAIN: Final = "change the retention"


@require_safe
@scoped()
def page(request: HttpRequest) -> HttpResponse:
    """The board: states, bars, what comes next, holds, files."""
    return _board(request)


@require_POST
@scoped(None)
def restore(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Bring one execution back, and go to its page."""
    try:
        moving.restore(scope=scope_of(request), execution_id=execution_id, at=now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "It is back, as it was.")
    return redirect("executions:detail", execution_id)


@require_POST
@scoped(None)
def place_hold(request: HttpRequest) -> HttpResponse:
    with reading(request):
        form = HoldForm(request.POST, systems=names(scope=scope_of(request)))
        if not form.is_valid():
            return _board(request, hold_form=form, status=422)
    wish = form.cleaned_data
    named = {} if wish["system"] == EVERYTHING else {"system": wish["system"], "execution_id": wish["execution_id"]}
    return _acted(
        request,
        lambda scope, at: holds.place(scope=scope, reason=wish["reason"], **named, at=at),
        "It is on hold. Nothing of it is destroyed until somebody releases it.",
        hold_form=form,
    )


@require_POST
@scoped(None)
def release_hold(request: HttpRequest, legal_hold_id: UUID) -> HttpResponse:
    reason = typed(request, "reason")
    return _acted(
        request,
        lambda scope, at: holds.release(scope=scope, hold_id=legal_hold_id, reason=reason, at=at),
        "The hold is released.",
    )


@require_POST
@scoped(None)
def check(request: HttpRequest, archive_id: UUID) -> HttpResponse:
    """Read one file back now."""
    with reading(request):
        if not queries.archives(scope=scope_of(request)).filter(id=archive_id).exists():
            raise NotFound("There is no such archive.")
    found = checking.check(scope=scope_of(request), archive_id=archive_id, at=now())
    if found.is_whole:
        messages.success(request, "The file is as the ledger says, or destroyed as its certificate says.")
    for fault in found.faults:
        messages.error(request, fault)
    return redirect("lifecycle:page")


@scoped()
def prune(request: HttpRequest) -> HttpResponse:
    """The counts first; destroys only what they counted, confirmed."""
    if request.method != "POST":
        return _prune(request)
    scope, at = scope_of(request), now()
    try:
        done = pruning.prune(
            scope=scope,
            digest=typed(request, "digest"),
            reason=typed(request, "reason"),
            confirmation=confirmed(request, at=at),
            at=at,
        )
    except DomainError as refusal:
        with reading(request):
            return _prune(request, refusal=refusal)
    what = "1 execution is" if done.rows == 1 else f"{done.rows:,} executions are"
    messages.success(request, f"{what} destroyed. The certificate is entry {done.sequence} of the ledger.")
    return redirect("lifecycle:page")


@require_POST
@scoped(None)
def prune_systems(request: HttpRequest) -> HttpResponse:
    """Destroys the systems that the page listed, confirmed."""
    at = now()
    try:
        done = stones.prune(
            scope=scope_of(request),
            digest=typed(request, "digest"),
            reason=typed(request, "reason"),
            confirmation=confirmed(request, at=at),
            at=at,
        )
    except DomainError as refusal:
        with reading(request):
            return _prune(request, refusal=refusal, is_about_systems=True)
    said = f"{', '.join(done.names)} {'is' if len(done.names) == 1 else 'are'} destroyed"
    messages.success(request, f"{said}. The certificate is entry {done.sequence} of the ledger.")
    return redirect("lifecycle:page")


@scoped()
def keep(request: HttpRequest) -> HttpResponse:
    """How long: `?years=` shows what it would do; a POST does it, confirmed."""
    if request.method != "POST":
        return _keep(request)
    at, form = now(), YearsForm(request.POST)
    if not form.is_valid():
        with reading(request):
            return _keep(request, status=422)
    try:
        did = retention.change(
            scope=scope_of(request),
            years=form.cleaned_data["years"],
            reason=typed(request, "reason"),
            confirmation=confirmed(request, at=at),
            at=at,
        )
    except DomainError as refusal:
        with reading(request):
            return _keep(request, refusal=refusal)
    messages.success(request, f"What is archived is kept for {years_said(did.years)} now: {did.sentence}.")
    return redirect("lifecycle:page")


def _acted(request: HttpRequest, verb: Callable[[Scope, datetime], object], said: str, **forms: Any) -> HttpResponse:
    """Run the verb and go to the board, or draw it with the refusal."""
    try:
        verb(scope_of(request), now())
    except NotFound:
        raise
    except DomainError as refusal:
        with reading(request):
            return _board(request, refusal=refusal, status=refusal.status, **forms)
    messages.success(request, said)
    return redirect("lifecycle:page")


def _board(
    request: HttpRequest, *, hold_form: HoldForm | None = None, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    scope, at = scope_of(request), now()
    page = Paginator(queries.archives(scope=scope), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "board": queries.board(scope=scope, at=at, exact=request.GET.get("exact") == "1"),
        "due": pruning.counts(scope=scope, at=at),
        "systems_due": len(stones.due(scope=scope, at=at).systems),
        "page": page,
        "files": queries.files_of(scope=scope, rows=list(page.object_list)),
        "checks": queries.checks(scope=scope),
        "hold_form": hold_form or HoldForm(systems=names(scope=scope)),
        "hold_refused": scope.why_not(Capability.RETAIN, to=_HOLD),
        "check_refused": scope.why_not(Capability.VERIFY, to="check the archives"),
        "refusal": refusal,
    }
    return render(request, f"{_FOLDER}/page.html", context, status=status)


def _prune(request: HttpRequest, *, refusal: DomainError | None = None, is_about_systems: bool = False) -> HttpResponse:
    scope, at = scope_of(request), now()
    context = {
        "due": pruning.due(scope=scope, at=at),
        "systems": stones.due(scope=scope, at=at),
        "refused": scope.why_not(Capability.RETAIN, to=_PRUNE),
        "factor": factor_of(request.user),  # type: ignore[arg-type]
        "refusal": refusal,
        "typed": request.POST if refusal and not is_about_systems else {},
        "typed_of_systems": request.POST if is_about_systems else {},
    }
    return render(request, f"{_FOLDER}/prune.html", context, status=refusal.status if refusal else 200)


def _keep(request: HttpRequest, *, refusal: DomainError | None = None, status: int = 200) -> HttpResponse:
    scope, at = scope_of(request), now()
    given = request.POST if request.method == "POST" else request.GET if "years" in request.GET else None
    form = YearsForm(given)
    preview = (
        retention.preview(scope=scope, years=form.cleaned_data["years"], at=at) if given and form.is_valid() else None
    )
    context = {
        "form": form,
        "preview": preview,
        "years": queries.retention_years(scope=scope),
        "refused": scope.why_not(Capability.RETAIN, to=_RETAIN),
        "factor": factor_of(request.user),  # type: ignore[arg-type]
        "refusal": refusal,
        "typed": request.POST if refusal else {},
    }
    return render(request, f"{_FOLDER}/retention.html", context, status=refusal.status if refusal else status)
