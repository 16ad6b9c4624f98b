"""Connectors as people and programs see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.tenancy import in_tenant
from routing.connectors import actions
from routing.connectors.models import Connector
from tests import factories as make
from tests.db.connectors.world import AT, NAME, approved, connected, local, seen, tool
from tests.web import client_of

URL = "https://agents.example.com/clay"
FORM = {
    "how": "fastapi:http", "target": URL, "entry_tool": "handle_request", "timeout_s": "30", "most_at_once": "4",
    "most_bytes": "100000", "maximums": "usd_budget: 0.25",
}  # fmt: skip


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def body(client: Any, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


def test_story__from_no_connector_to_an_approved_tool(cast: make.Cast) -> None:
    bo, sam = client_of(cast.bo), client_of(cast.sam)
    assert "Nobody has said how it is reached" in body(bo, f"/systems/{NAME}/")
    assert NAME in body(bo, "/connectors/")
    wish = {**FORM, "how": "local:mcp_stdio", "target": "payroll"}
    assert bo.post(f"/connectors/{NAME}/configure/", wish).status_code == 302
    assert "were not looked at yet" in body(bo, f"/connectors/{NAME}/")
    assert bo.post(f"/connectors/{NAME}/look/").url.startswith("/jobs/")
    with in_tenant(cast.tenant.id):
        connector = Connector.objects.get()
    assert connector.maximums == {"usd_budget": "0.25"} and connector.timeout_ms == 30_000
    seen(cast, connector, tool())
    assert "You said where it is reached" in body(bo, f"/connectors/{NAME}/")
    page = body(sam, f"/connectors/{NAME}/")
    assert "Does the work." in page and tool().digest in page
    assert sam.post(f"/connectors/{NAME}/approve-tools/", {"digest": [tool().digest]}).status_code == 302
    page = body(sam, f"/connectors/{NAME}/")
    assert (
        "Approved</span>" in page.replace("</span> Approved", "Approved</span>") and "No tool is approved" not in page
    )
    seen(cast, connector, tool(description="Does other work."))
    page = body(sam, f"/connectors/{NAME}/")
    assert "<del>Does the work.</del>" in page and "<ins>Does other work.</ins>" in page
    assert bo.post(f"/connectors/{NAME}/disable/", {"reason": "It answers twice."}).status_code == 302
    assert "It answers twice." in body(sam, f"/systems/{NAME}/")
    assert bo.post(f"/connectors/{NAME}/enable/").status_code == 302


def test_configure__refused__keeps_what_was_typed(cast: make.Cast) -> None:
    wish = {**FORM, "target": "https://10.0.0.1/x"}
    response = client_of(cast.bo).post(f"/connectors/{NAME}/configure/", wish)
    text = response.content.decode()
    assert response.status_code == 422 and "private address" in text and "https://10.0.0.1/x" in text


def test_refused_verbs__say_why_on_the_page(cast: make.Cast) -> None:
    connected(cast)
    bo = client_of(cast.bo)
    response = bo.post(f"/connectors/{NAME}/enable/")
    assert response.status_code == 409 and "is on already" in response.content.decode()
    response = bo.post(f"/connectors/{NAME}/approve-tools/", {"digest": ["x"]})
    assert response.status_code == 403 and "somebody else" in response.content.decode()


@pytest.mark.parametrize("name", ["ada", "uma", "sam"])
def test_pages__without_the_right__read_but_do_not_change(name: str, cast: make.Cast) -> None:
    connected(cast)
    client = client_of(getattr(cast, name))
    body(client, "/connectors/")
    body(client, f"/connectors/{NAME}/")
    assert client.get(f"/connectors/{NAME}/configure/").status_code == 403
    for verb in ("configure", "look", "enable"):
        assert client.post(f"/connectors/{NAME}/{verb}/", FORM).status_code == 403
    wish = {"name": "Authorization", "value": "abcdefgh12", "overlap_hours": 1}
    assert client.post(f"/connectors/{NAME}/secrets/", wish).status_code == 403


def test_member__without_a_desk__sees_none(cast: make.Cast) -> None:
    connected(cast)
    client = client_of(cast.mel)
    for path in ("/connectors/", f"/connectors/{NAME}/", "/api/v1/connectors/", f"/api/v1/connectors/{NAME}/"):
        assert client.get(path).status_code == 403


def test_list__filters_and_the_empty_states(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    assert "No system is connected" in body(client, "/connectors/")
    connected(cast)
    assert "fits this filter" in body(client, "/connectors/?q=nothing")
    assert "agents.example.com" in body(client, "/connectors/?state=ready")
    assert "fits this filter" in body(client, "/connectors/?state=disabled")


def test_list__more_connectors__no_more_queries(cast: make.Cast) -> None:
    connected(cast)
    client = client_of(cast.uma)
    body(client, "/connectors/")
    with CaptureQueriesContext(connection) as few:
        body(client, "/connectors/")
    for number in range(5):
        name = f"agent-{number}"
        register_system(scope=cast.bo, name=name, type=SystemType.AGENT, constitution=make.CLAY, at=AT)
        actions.configure(scope=cast.bo, system_name=name, deployment_type="vercel", target=URL, at=AT)
    with CaptureQueriesContext(connection) as many:
        body(client, "/connectors/")
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as api:
        assert len(client.get("/api/v1/connectors/").json()["results"]) == 6
    assert len(api) <= len(many)


def test_api__the_same_road(cast: make.Cast) -> None:
    bo, sam = client_of(cast.bo), client_of(cast.sam)
    base = f"/api/v1/connectors/{NAME}/"
    js: dict[str, Any] = {"content_type": "application/json"}
    wish = {"deployment_type": "local", "kind": "mcp_stdio", "target": "payroll", "maximums": {"api_calls": "1"}}
    made = bo.put(base, wish, **js)
    assert made.status_code == 200 and made.json()["state"] == "quarantined"
    assert bo.post(f"{base}look/", {}, **js).status_code == 202
    with in_tenant(cast.tenant.id):
        connector = Connector.objects.get()
    seen(cast, connector, tool())
    (waiting,) = sam.get(base).json()["tools"]
    assert (waiting["state"], waiting["digest"]) == ("quarantined", tool().digest)
    own = bo.post(f"{base}approve_tools/", {"digests": [waiting["digest"]]}, **js)
    assert (own.status_code, own.json()["code"]) == (403, "four_eyes")
    done = sam.post(f"{base}approve_tools/", {"digests": [waiting["digest"]]}, **js).json()
    assert (done["state"], done["tools_approved"]) == ("ready", 1)
    set_ = bo.post(f"{base}set_secret/", {"value": "abcdefgh-12345", "name": "API_KEY"}, **js).json()
    assert [(one["version"], one["state"]) for one in set_["secrets"]] == [(1, "sent")]
    gone = bo.post(f"{base}retire_secret/", {"name": "API_KEY", "version": 1}, **js).json()
    assert [one["state"] for one in gone["secrets"]] == ["retired"]
    off = bo.post(f"{base}disable/", {"reason": "Stop."}, **js).json()
    assert (off["state"], off["why"]) == ("disabled", f"{NAME} was switched off: Stop.")
    assert bo.post(f"{base}enable/", {}, **js).json()["state"] == "ready"
    assert bo.put(base, {"deployment_type": "fastapi"}, **js).status_code == 422


def test_stranger__finds_nothing(cast: make.Cast) -> None:
    approved(cast, local(cast), tool())
    client = client_of(make.stranger())
    for path in (f"/connectors/{NAME}/", f"/connectors/{NAME}/configure/", f"/api/v1/connectors/{NAME}/"):
        assert client.get(path).status_code == 404
    assert NAME not in body(client, "/connectors/")
