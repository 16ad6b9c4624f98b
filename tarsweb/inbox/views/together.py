"""The batch lane: one look, one note, one confirmation for amendments that are alike."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.amendments.queries import amendment_page
from governance.amendments.queries.page import factor_for
from governance.amendments.views.common import confirmed, demand_reader, typed
from governance.errors import DomainError, Invalid
from governance.scope import Capability
from governance.web import now, reading, scope_of, scoped
from tarsweb.inbox.actions import Batch, approve_together
from tarsweb.inbox.alike import MOST
from tarsweb.inbox.queries import together

_PAGE = "tarsweb/inbox/together.html"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(None)
def decide_together(request: HttpRequest) -> HttpResponse:
    """Look at the amendments that `n` names; a POST approves those that are still alike."""
    if request.method != "POST":
        scope_of(request).demand(Capability.READ_RECORD, to="see the inbox")
        return render(request, _PAGE, _context(request, request.GET.getlist("n")))
    labels = request.POST.getlist("n")
    at = now()
    try:
        batch = approve_together(
            scope=scope_of(request),
            digests={label: request.POST.get(f"digest-{label}", "") for label in labels},
            confirmation=confirmed(request, at=at),
            note=typed(request, "note"),
            at=at,
        )
    except DomainError as refusal:
        demand_reader(scope_of(request), refusal)
        with reading(request):
            return render(request, _PAGE, _context(request, labels, refusal=refusal), status=refusal.status)
    if not batch.left:
        messages.success(request, _all_done(batch))
        return redirect("inbox:list")
    with reading(request):
        return render(request, "tarsweb/inbox/outcome.html", {"batch": batch})


def _all_done(batch: Batch) -> str:
    in_force = sum(outcome.state == "applied" for outcome in batch.decided)
    said = f"You approved {len(batch.decided)} amendments with one look."
    return f"{said} {in_force} took effect." if in_force else said


def _context(request: HttpRequest, labels: list[str], *, refusal: DomainError | None = None) -> dict[str, Any]:
    scope, at = scope_of(request), now()
    named = list(dict.fromkeys(label for label in labels if label.startswith("AMD-")))
    if len(named) > MOST:
        raise Invalid(f"One look decides {MOST} at most.", problems=(("/n", "is out of range"),))
    look = together(scope=scope, labels=named, at=at)
    first = look.first
    page = amendment_page(scope=scope, number=int(first.label.removeprefix("AMD-")), at=at) if first else None
    return {
        "look": look,
        "page": page,
        "rows": [(member, look.lines[member.label]) for member in look.members],
        "factor": factor_for(scope),
        "refusal": refusal,
        "typed": {"note": typed(request, "note")} if refusal else {},
    }
