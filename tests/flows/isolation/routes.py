"""Every address of the product, walked, with the ids of a tenant that has one of everything.

A new route with a parameter that is named below is tested by being there. One with a new parameter fails until `IDS` or `WORDS`
says what it is; one that should not be tested stands in `EXEMPT` with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from governance.tenancy import in_tenant
from tests import factories as make

IDS = {
    "archive_id": "Archive",
    "authority_id": "StandingAuthority",
    "bar_id": "DreamBar",
    "call_id": "ToolCall",
    "case_id": "PolicyCase",
    "comment_id": "Comment",
    "decision_id": "ApprovalDecision",
    "delivery_id": "WebhookDelivery",
    "deputy_id": "Deputy",
    "dream_id": "Dream",
    "execution_id": "ExecutionRequest",
    "file_id": "StoredFile",
    "hold_id": "Reservation",
    "invitation_id": "Invitation",
    "job_id": "Job",
    "legal_hold_id": "LegalHold",
    "mandate_id": "Mandate",
    "mail_id": "OutboxMail",
    "notice_id": "Notice",
    "question_id": "ApprovalRequest",
    "proposal_id": "RuleProposal",
    "quorum_id": "Quorum",
    "resource_id": "Resource",
    "run_id": "Elicitation",
    "routing_rule_id": "RoutingRule",
    "rule_id": "SessionRule",
    "search_id": "SavedSearch",
    "stop_id": "EStop",
    "token_id": "ApiToken",
    "verdict_id": "StoredVerdict",
    "webhook_id": "Webhook",
    "wish_id": "DreamWish",
}
"""Parameters that are the id of a row of this table."""

WORDS = {"verb": "remove", "kind": "amendments", "item_kind": "scenario"}
"""Parameters that are a word of ours and name nobody's thing."""

ANYBODY_S = {"session", "item_key"}
"""Parameters that are a name which every tenant may use for a thing of its own: theirs is as empty as one that nobody uses."""

EXEMPT = {
    "guide/<int:number>/": "a step of our own guide",
    "help/<slug:slug>/": "a page of our own help",
    "invitations/<str:secret>/": "whoever has the link's secret is asked to join; it is no id",
    "ledger/verifications/<uuid:job>/": "an unknown one is one that has not begun; the answer is kept under the tenant's id",
}
_OURS = ("admin/", "accounts/")
"""Django's and allauth's own: the admin has a test of its own, accounts are about the person who is signed in."""


@dataclass(frozen=True, slots=True)
class Route:
    """An address with its parameters; `view` is the API's view class, if it is one of its."""

    address: str
    name: str
    view: Any

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"<(?:\w+:)?(\w+)>", self.address))

    @property
    def is_api(self) -> bool:
        return self.address.startswith("api/")

    @property
    def is_open(self) -> bool:
        return set(self.parameters) - set(WORDS) <= ANYBODY_S

    @property
    def names_somebody_s(self) -> bool:
        return any(name not in WORDS for name in self.parameters)

    def filled(self, ids: dict[str, Any]) -> str:
        """The address with these ids."""
        text = re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", lambda m: str(ids[m[1] or m[2]]), self.address)
        return "/" + text.replace("^", "").replace("$", "")


def routes() -> list[Route]:
    """Every route of ours that takes an id."""
    found = _all()
    return [
        route
        for route in found
        if not route.address.startswith(_OURS) and route.address not in EXEMPT and route.names_somebody_s
    ]


def pages() -> list[Route]:
    """Every route of ours that people could look at, with and without an id; whether it answers with a page is another matter."""
    return [
        route
        for route in _all()
        if not route.is_api and not route.address.startswith(_OURS) and route.address not in EXEMPT
    ]


def ids_of(cast: make.Cast) -> dict[str, Any]:
    """An id of every kind in the cast's tenant."""
    with in_tenant(cast.tenant.id):
        ids: dict[str, Any] = {name: _any(model) for name, model in IDS.items()}
        number = _highest("AmendmentProposal", "number")
        sequence = _highest("LedgerEntry", "sequence")
        cycle_id = _model("DreamCycle").objects.latest("starts_at").cycle_id  # type: ignore[attr-defined]
    return {
        **ids,
        **WORDS,
        "asset_name": "gpu-pool",
        "item_key": "refunds",
        "cycle_id": cycle_id,
        "place": 0,
        "name": cast.system.name,
        "number": number,
        "sequence": sequence,
        "session": f"session-{cast.tenant.id}",
        "tenant_id": cast.tenant.id,
        "user_id": cast.users["cy"].id,
    }


def ids_of_nobody() -> dict[str, Any]:
    """Ids of the same kinds that exist nowhere."""
    rows = {name: uuid4() for name in (*IDS, "tenant_id", "user_id")}
    return {
        **rows,
        **WORDS,
        "asset_name": "no-such-asset",
        "item_key": "no-such-scenario",
        "cycle_id": "dream-1999-01-01-03:00",
        "place": 0,
        "name": "no-such-system",
        "number": 987_654,
        "sequence": 987_654,
        "session": "of-nobody",
    }


def _any(model: str) -> Any:
    found = _model(model).objects.order_by("-id").first()
    assert found is not None, f"tests/db/tenants/everything.py makes no {model}"
    return found.pk


def _highest(model: str, counter: str) -> int:
    """Each tenant counts its own from one, so only a high number is nobody else's; ids of one millisecond sort at random."""
    return int(getattr(_model(model).objects.latest(counter), counter))


def _model(name: str) -> type[Model]:
    return next(model for model in apps.get_models() if model.__name__ == name)


def _all() -> list[Route]:
    return [_route(*found) for found in _walked(get_resolver().url_patterns, "", "")]


def _route(address: str, name: str, pattern: URLPattern) -> Route:
    return Route(re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", address), name, getattr(pattern.callback, "cls", None))


def _walked(patterns: list[Any], below: str, space: str) -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in patterns:
        address = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walked(pattern.url_patterns, address, f"{pattern.namespace}:" if pattern.namespace else space)
        elif not getattr(pattern.callback, "is_alias", False):
            yield address, f"{space}{pattern.name or ''}", pattern
