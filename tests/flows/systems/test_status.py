"""The page and the API show what hangs on a system before its status changes."""

from __future__ import annotations

import re
from typing import Any

from governance.registry.actions import register_system, set_dependencies
from governance.registry.models import SystemType
from tests import factories as make
from tests.db.router import desk
from tests.db.routing.executions import desk as executions
from tests.web import client_of

PAGE, API = "/systems/clay-consigliere/status/", "/api/v1/systems/clay-consigliere/status/"


def tenant() -> make.Cast:
    cast = make.cast()
    register_system(scope=cast.bo, name="portal", type=SystemType.PRODUCT, constitution={"skill": "portal"}, at=make.AT)
    set_dependencies(scope=cast.bo, system_name="portal", depends_on=["clay-consigliere"], at=make.AT)
    desk.written(cast.bo, "Plan my week", "clay-consigliere", "portal")
    return cast


def seen(html: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', html)
    assert found
    return found[1]


def test_page__shows_what_hangs_on_it__then_changes_the_status() -> None:
    cast = tenant()
    client = client_of(cast.bo)
    html = client.get(PAGE).content.decode()
    assert "Systems that need it" in html and "portal" in html and "Plan my week" in html and "The router" in html
    sent = {"status": "deprecated", "reason": "A new router is there.", "seen": seen(html)}
    assert client.post(PAGE, sent)["Location"] == "/systems/clay-consigliere/"
    assert "deprecated" in client.get("/systems/clay-consigliere/").content.decode()


def test_page__something_new_hangs_on_it__is_drawn_again_with_what_was_typed() -> None:
    cast = tenant()
    client = client_of(cast.bo)
    old = seen(client.get(PAGE).content.decode())
    desk.written(cast.bo, "Plan my month", "clay-consigliere")
    sent = {"status": "deprecated", "reason": "A new router is there.", "seen": old}
    refused = client.post(PAGE, sent)
    html = refused.content.decode()
    assert refused.status_code == 409 and "Plan my month" in html and "A new router is there." in html
    assert client.post(PAGE, {**sent, "seen": seen(html)}).status_code == 302


def test_page__requests_under_way__lead_to_exactly_them() -> None:
    cast = make.cast()
    executions.agent(cast, "payroll", approvals=("payroll",))
    request = executions.asked(cast.mel, "Run payroll", system="payroll", action="payroll")
    executions.worked(cast.mel, request)
    client = client_of(cast.bo)
    html = client.get("/systems/payroll/status/").content.decode()
    (link,) = re.findall(r'href="(/executions/\?[^"]+)"', html)
    assert "Waits for approval" in html and "1 request is under way" in html
    assert "Run payroll" in client.get(link.replace("&amp;", "&")).content.decode()


def test_page__auditor__sees_it_and_why_not() -> None:
    html = client_of(tenant().uma).get(PAGE).content.decode()
    assert "portal" in html and 'name="seen"' not in html


def test_page__no_such_status__is_not_found() -> None:
    assert client_of(tenant().bo).post(PAGE, {"status": "dancing", "reason": "x"}).status_code == 404


def test_api__get_then_post__and_409_without_having_looked() -> None:
    cast = tenant()
    client = client_of(cast.bo)

    def post(**body: Any) -> Any:
        return client.post(API, body, content_type="application/json")

    found = client.get(API).json()
    assert {one["code"]: one["total"] for one in found["touched"]} == {"needed_by": 1, "router": 1, "rules": 1}
    refused = post(status="maintenance", reason="A new host.", seen="sha256:0")
    assert (refused.status_code, refused.json()["code"]) == (409, "impact_not_seen")
    done = post(status="maintenance", reason="A new host.", seen=found["digest"])
    assert done.status_code == 200 and done.json()["status"] == "maintenance"
    again = post(status="maintenance", reason="A new host.", seen=done.json()["digest"])
    assert again.json()["code"] == "has_status"


def test_stranger__finds_no_system() -> None:
    tenant()
    stranger = make.stranger()
    assert client_of(stranger).get("/systems/portal/status/").status_code == 404
