"""What the pages of this slice share: answering a POST for HTMX and without, and confirming the person."""

from __future__ import annotations

import json
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from governance.errors import DomainError
from governance.identity.confirm import Confirmation, confirm
from governance.identity.models import User
from governance.scope import Capability, Scope


def confirmed(request: HttpRequest, *, at: datetime) -> Confirmation:
    """The person's answer to their strongest factor, checked now; raises `NotConfirmed`."""
    assert isinstance(request.user, User)
    return confirm(user=request.user, answer=request.POST.get("confirm", ""), at=at, request=request)


def typed(request: HttpRequest, name: str) -> str:
    """What was typed into a field, without the character that no table can keep."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def to_amendment(request: HttpRequest, number: int, *, said: str) -> HttpResponse:
    """Away to the amendment's page, with a message."""
    messages.success(request, said)
    return redirect("amendments:detail", number=number)


def aloud(response: HttpResponse, said: str) -> HttpResponse:
    """Let the page announce `said` (docs/look.md, Behaviour by attribute)."""
    response["HX-Trigger"] = json.dumps({"tars:say": {"text": said, "tone": "good"}})
    return response


def leave(request: HttpRequest, number: int, *, said: str) -> HttpResponse:
    """After a verb that HTMX called from a dialog: load the amendment's page whole."""
    messages.success(request, said)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("amendments:detail", kwargs={"number": number})
    return response


def demand_reader(scope: Scope, refusal: DomainError) -> None:
    """Raise the refusal on to somebody who may not read the page it would be drawn on."""
    if not scope.can(Capability.READ_RECORD):
        raise refusal
