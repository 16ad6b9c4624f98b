"""The numbers in the frame, on their own: asked for every 30 seconds by each open page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.scope import Scope
from tarsweb.shell import counts

STOP_POLLING = 286  # htmx stops asking


@require_safe
def shell_counts(request: HttpRequest) -> HttpResponse:
    """The badges as out-of-band swaps; nobody signed in is told to stop asking. Touches no session."""
    scope: Scope | None = getattr(request, "scope", None)
    if scope is None:
        response = HttpResponse(status=STOP_POLLING)
    else:
        response = render(request, "shell/counts.html", {"counts": counts(scope)})
    response["Cache-Control"] = "no-store"
    return response
