"""Proposals made just now, because pages read the clock, and answers given through forms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from governance.amendments.models import AmendmentProposal
from governance.scope import Scope
from tests import factories as make

HTMX = {"HTTP_HX_REQUEST": "true"}


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def proposed(cast: make.Cast, **options: Any) -> AmendmentProposal:
    """Bo proposes; one operator must agree."""
    return make.proposed(cast, **{"at": ago(10), **options})


def applied(cast: make.Cast, **options: Any) -> AmendmentProposal:
    """In force: approved by Cy and, where that is not enough, by Ada."""
    proposal = proposed(cast, **options)
    if make.approve(cast.cy, proposal, at=ago(5)).state != "applied":
        make.approve(cast.ada, proposal, at=ago(4))
    return proposal


def address(proposal: AmendmentProposal, *parts: str) -> str:
    return "/".join([f"/amendments/{proposal.label}", *parts, ""])


def answer(
    client: Client,
    scope: Scope,
    proposal: AmendmentProposal,
    verb: str = "approve",
    *,
    password: str = make.PASSWORD,
    **fields: Any,
) -> Any:
    """Press a button of the decision box, with the digest that is current now unless told otherwise."""
    htmx = HTMX if fields.pop("htmx", False) else {}
    data = {"digest": make.digest_of(scope, proposal), "confirm": password, "note": "", **fields}
    return client.post(address(proposal, verb), data, **htmx)


def body(response: Any) -> str:
    text: str = response.content.decode()
    return text
