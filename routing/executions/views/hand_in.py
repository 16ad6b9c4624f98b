"""A request is taken on from the ask page, or asked again from an execution's page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance import canonical
from governance.amendments.views.common import typed
from governance.errors import DomainError, Invalid, NotFound
from governance.registry.queries import names as system_names
from governance.web import now, reading, scope_of, scoped, wants_fragment
from routing.executions import queries
from routing.executions.actions import handle
from routing.executions.afterwards import Away
from routing.executions.models import ExecutionRequest
from routing.executions.queries import Whole
from routing.executions.views.page import drawn
from routing.router import ask
from routing.router.forms import AskForm

CHANNEL = "page"


@require_POST
@scoped(None)
def hand_in(request: HttpRequest) -> HttpResponse:
    """Take the ask page's request on, and go to its page. The same words of the same form are one request."""
    scope = scope_of(request)
    with reading(request):
        form = AskForm(request.POST, names=system_names(scope=scope))
    refusal: DomainError = Invalid("Say in a sentence what is to be done.")
    if form.is_valid():
        said = form.cleaned_data
        try:
            taken = handle(
                scope=scope,
                text=said["text"],
                system=said["system"],
                action=said["action"],
                key=_key(request, said["text"], said["system"], said["action"]),
                channel=CHANNEL,
                at=now(),
            )
        except DomainError as error:
            refusal = error
        else:
            return _followed(request, taken)
    with reading(request):
        return ask.drawn(request, form, refusal=refusal)


@require_POST
@scoped(None)
def again(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Ask the same again, or other words, of the same or another system; its input goes along."""
    scope = scope_of(request)
    with reading(request):
        whole = queries.execution(scope=scope, id=execution_id)
    if whole.is_away:
        return drawn(request, execution_id, refusal=Away("It is archived. Bring it back first, then ask it again."))
    text, system = _text(request, whole), typed(request, "system")
    try:
        taken = handle(
            scope=scope,
            text=text,
            input=whole.input,
            system=system,
            action=_action(whole, text=text, system=system),
            session=whole.session,
            key=_key(request, text, system),
            channel=CHANNEL,
            at=now(),
        )
    except NotFound:
        raise
    except DomainError as refusal:
        return drawn(request, execution_id, refusal=refusal, near="again")
    return _followed(request, taken)


def _text(request: HttpRequest, whole: Whole) -> str:
    """What is asked now, with the suggestions of the last answer that were ticked."""
    known = set(whole.suggestions)
    ticked = [one for one in request.POST.getlist("suggestion") if one in known]
    return "\n\n".join([typed(request, "text") or whole.line.request, *ticked])


def _action(whole: Whole, *, text: str, system: str) -> str:
    """The action that was found for the named system, as long as the words are the same."""
    if text != whole.line.request:
        return ""
    rows = (whole.route or {}).get("candidates", ())
    return next((str(one["action"]) for one in rows if one["name"] == system), "")


def _key(request: HttpRequest, *said: str) -> str:
    """One form hands the same in once, however often it is sent."""
    nonce = typed(request, "key")[:64]
    return f"page/{nonce}/{canonical.digest(list(said))[-16:]}" if nonce else ""


def _followed(request: HttpRequest, taken: ExecutionRequest) -> HttpResponse:
    """Away to the page on which it is followed."""
    if not wants_fragment(request):
        return redirect("executions:detail", taken.id)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("executions:detail", args=[taken.id])
    return response
