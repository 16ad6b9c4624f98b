"""The sessions' pages: what is in force and for how long, adding, extending, revoking, resetting."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.rulebook.models import SessionRule
from governance.rulebook.session_actions import update_session
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

HERE = "/sessions/workflow-1/"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def added(cast: make.Cast, rule: str, *, at: datetime | None = None) -> None:
    update_session(scope=cast.bo, session="workflow-1", rule=rule, at=at or timezone.now())


def page(scope: Any, address: str = HERE) -> str:
    response = client_of(scope).get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def live(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        return list(SessionRule.objects.filter(ended_at=None).order_by("position").values_list("text", flat=True))


def test_list__empty__says_what_a_session_is_for(cast: make.Cast) -> None:
    assert "No session has rules" in page(cast.uma, "/sessions/")


def test_tray__says_what_is_enforced_and_what_is_guidance(cast: make.Cast) -> None:
    added(cast, "no external network calls")
    added(cast, "prefer unit tests over integration tests")
    text = page(cast.bo)
    assert "2 of 50 rules, 1 enforced." in text and "falls out first" in text
    assert "Promote to amendment" in text and "+15 min" in text
    assert "workflow-1" in page(cast.bo, "/sessions/")


def test_tray__an_officer_s_look_extends_nothing(cast: make.Cast) -> None:
    added(cast, "no network calls", at=timezone.now() - timedelta(minutes=59))
    page(cast.ada)
    with in_tenant(cast.tenant.id):
        before = SessionRule.objects.select_related("session").get().session.accessed_at
    page(cast.ada)
    with in_tenant(cast.tenant.id):
        assert SessionRule.objects.select_related("session").get().session.accessed_at == before


def test_add_extend_revoke_reset__by_plain_forms(cast: make.Cast) -> None:
    client = client_of(cast.bo)
    for rule in ("no network calls", "use TypeScript strict mode"):
        assert client.post(f"{HERE}add/", {"rule": rule}).status_code == 302
    with in_tenant(cast.tenant.id):
        first = SessionRule.objects.order_by("position").first()
    assert first is not None
    assert client.post(f"{HERE}rules/{first.id}/extend/", {"minutes": "15"}).status_code == 302
    assert client.post(f"{HERE}rules/{first.id}/extend/", {"minutes": "600"}).status_code == 409
    assert client.post(f"{HERE}rules/{first.id}/revoke/").status_code == 302
    assert client.post(f"{HERE}rules/{first.id}/revoke/").status_code == 409
    assert live(cast) == ["use TypeScript strict mode"]
    assert client.post(f"{HERE}reset/").status_code == 302
    assert live(cast) == []
    assert "Revoked" in page(cast.bo)


def test_add__what_is_no_sentence__says_why(cast: make.Cast) -> None:
    response = client_of(cast.bo).post(f"{HERE}add/", {"rule": " "})
    assert response.status_code == 422 and live(cast) == []


def test_auditor__reads_and_is_told_who_may_change(cast: make.Cast) -> None:
    added(cast, "no network calls")
    text = page(cast.uma)
    assert "You need the role" in text and "/revoke/" not in text
    client = client_of(cast.uma)
    assert client.post(f"{HERE}add/", {"rule": "no X"}).status_code == 403
    assert client.post(f"{HERE}reset/").status_code == 403


def test_understood__while_typing(cast: make.Cast) -> None:
    client = client_of(cast.bo)
    address = "/sessions/-/understood/"
    assert "enforced" in client.get(address, {"rule": "no network calls"}).content.decode()
    assert "guidance" in client.get(address, {"rule": "be kind"}).content.decode()
    assert client.get(address, {"rule": ""}).status_code == 200


def test_stranger__finds_the_session_empty(cast: make.Cast) -> None:
    added(cast, "no rocket launches")
    assert "no rocket launches" not in page(make.stranger())


def test_open_by_name__leads_there__and_refuses_what_is_no_name(cast: make.Cast) -> None:
    client = client_of(cast.bo)
    assert client.get("/sessions/", {"session": "session-123"})["Location"] == "/sessions/session-123/"
    assert client.get("/sessions/", {"session": "a b"}).status_code == 422
