"""Answers given in the preview: one verb of the amendment, then back to the list with the next row opened."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from governance.amendments import actions as amendments
from governance.amendments.kinds import State
from governance.amendments.views.common import aloud, confirmed, demand_reader, typed
from governance.errors import DomainError, NotFound
from governance.web import now, reading, scope_of, scoped, wants_fragment
from tarsweb.inbox.queries import inbox
from tarsweb.inbox.views.page import drawn, refused_pane
from tarsweb.inbox.views.state import filter_of, list_url

_VERBS = {
    "approve": amendments.approve,
    "reject": amendments.reject,
    "request_changes": amendments.request_changes,
}


@require_POST
@scoped(None)
def answer(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Approve, reject or ask for changes in the preview. A refusal is drawn in the preview; the list stays."""
    if verb not in _VERBS:
        raise Http404
    scope, key, asked = scope_of(request), f"AMD-{number}", filter_of(request)
    with reading(request):
        following = inbox(scope=scope, filter=asked, at=now()).after(key)
    try:
        said = _answered(request, number, verb)
    except NotFound:
        raise
    except DomainError as refusal:
        demand_reader(scope, refusal)
        if digest := request.POST.get("digest"):
            # Whoever answers has seen what they answer: so that it works without script, too.
            amendments.look(scope=scope, number=number, digest=digest, at=now())
        with reading(request):
            if wants_fragment(request):
                return refused_pane(request, key=key, refusal=refusal)
            return drawn(request, open_key=key, status=refusal.status, refusal=refusal)
    there = list_url(asked, page=True, open=following)
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect(there)
    with reading(request):
        response = drawn(request, open_key=following)
    response["HX-Push-Url"] = there
    return aloud(response, said)


def _answered(request: HttpRequest, number: int, verb: str) -> str:
    at = now()
    proposal = _VERBS[verb](
        scope=scope_of(request),
        number=number,
        digest=request.POST.get("digest", ""),
        note=typed(request, "note"),
        confirmation=confirmed(request, at=at),
        at=at,
    )
    words = {
        State.APPLIED: f"You approved {proposal.label}, and it took effect on {proposal.system.name}.",
        State.SCHEDULED: f"You approved {proposal.label}. It takes effect on its date.",
        State.PROPOSED: f"You approved {proposal.label}. It waits for another approval.",
        State.REJECTED: f"You rejected {proposal.label}. Its proposer sees your note.",
        State.CHANGES_REQUESTED: f"You asked for changes to {proposal.label}. It is back with its proposer.",
    }
    return words[State(proposal.state)]
