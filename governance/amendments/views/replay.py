"""The last 30 days asked again under an amendment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.amendments import actions
from governance.amendments.queries.replaying import replay_page
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

_PAGE, _FRAGMENT = "governance/amendments/replay.html", "governance/amendments/_replay.html"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="replay decisions")
def page(request: HttpRequest, number: int) -> HttpResponse:
    """What the change would have answered; POST has the worker find out. It asks again by itself while that runs."""
    scope = scope_of(request)
    if request.method == "POST":
        actions.start_replay(scope=scope, number=number, at=now())
        if not wants_fragment(request):
            return redirect("amendments:replay", number=number)
        with reading(request):
            found = replay_page(scope=scope, number=number, at=now())
            return render(request, _FRAGMENT, {"found": found, "is_asked": True})
    found = replay_page(scope=scope, number=number, at=now())
    return page_or_fragment(request, page=_PAGE, fragment=_FRAGMENT, context={"found": found})
