from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance.web import now, scope_of, scoped
from tarsweb.guide import queries, session
from tarsweb.guide.actions import set_guide
from tarsweb.guide.steps import STEPS, step_of


@require_safe
@scoped(to="walk the path")
def path(request: HttpRequest) -> HttpResponse:
    """The path's steps, and which of them this session has seen."""
    return render(request, "tarsweb/guide/page.html", {"steps": STEPS, "seen": session.seen(request)})


@require_safe
@scoped(to="walk the path")
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Go to where a step happens; a thin banner there says the next one. Changes the person's own session only."""
    found = step_of(number)
    if found is None:
        raise Http404
    session.enter(request, found)
    return redirect(queries.address(scope=scope_of(request), step=found, at=now()))


@require_POST
@scoped(None)
def leave(request: HttpRequest) -> HttpResponse:
    """End the path: the banner goes."""
    session.leave(request)
    return redirect("overview:home")


@require_POST
@scoped(None)
def hide(request: HttpRequest) -> HttpResponse:
    set_guide(scope=scope_of(request), is_hidden=True, at=now())
    messages.info(request, "The first steps are hidden. Help shows them again.")
    return redirect("overview:home")


@require_POST
@scoped(None)
def show(request: HttpRequest) -> HttpResponse:
    set_guide(scope=scope_of(request), is_hidden=False, at=now())
    return redirect("overview:home")
