"""Tool calls as people and programs see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from governance.web import now
from routing.connectors.contract import ToolCall as Told
from routing.telemetry.actions import record_within
from tests import factories as make
from tests.db.connectors.world import NAME
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def ran(cast: make.Cast, *tools: str, ok: bool = True, ms: int = 100) -> list[Any]:
    calls = [Told(server=NAME, tool=one, is_success=ok, ms=ms, error="" if ok else "It broke.") for one in tools]
    with in_tenant(cast.tenant.id):
        return record_within(scope=cast.tars, calls=calls, execution_id=None, at=now())


def body(client: Any, path: str, **options: Any) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200, path
    return str(response.content.decode())


def test_calls__filters_in_the_address_and_the_empty_states(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    assert "No tool ran in this time" in body(client, "/telemetry/")
    ran(cast, "audit")
    ran(cast, "pay", ok=False)
    page = body(client, "/telemetry/?outcome=failed")
    assert "It broke." in page and ">audit<" not in page
    assert "Nothing fits" in body(client, "/telemetry/?tool=nothing")
    assert "no id of an execution" in body(client, "/telemetry/?execution=7")
    fragment = body(client, "/telemetry/?tool=pay", headers={"HX-Request": "true"})
    assert fragment.lstrip().startswith('<div id="_calls"')


def test_one_call__and_the_panel_of_its_system(cast: make.Cast) -> None:
    (row,) = ran(cast, "pay", ok=False)
    client = client_of(cast.uma)
    page = body(client, f"/telemetry/{row.id}/")
    assert "It broke." in page and "TARS itself" in page
    assert "1 calls, 100.00 % failed" in body(client, f"/systems/{NAME}/")
    assert client_of(make.stranger()).get(f"/telemetry/{row.id}/").status_code == 404
    assert client_of(cast.mel).get("/telemetry/").status_code == 403


def test_tools__slow_ones_and_error_rates(cast: make.Cast) -> None:
    ran(cast, "audit", "audit", ms=6_000)
    ran(cast, "audit", ok=False)
    client = client_of(cast.uma)
    page = body(client, "/telemetry/tools/?range=1h")
    assert "33.33 %" in page and "6.0 s" in page
    assert "No tool ran in this time" in body(client_of(make.stranger()), "/telemetry/tools/")


def test_lists__more_rows__no_more_queries(cast: make.Cast) -> None:
    ran(cast, "audit")
    client = client_of(cast.uma)
    counts = {}
    for path in ("/telemetry/", "/telemetry/tools/", "/api/v1/telemetry/calls/", "/api/v1/telemetry/tools/"):
        body(client, path)
        with CaptureQueriesContext(connection) as made:
            body(client, path)
        counts[path] = len(made)
    ran(cast, *[f"tool-{number}" for number in range(40)])
    for path, count in counts.items():
        with CaptureQueriesContext(connection) as made:
            body(client, path)
        assert len(made) == count, path


def test_api__pages_and_figures(cast: make.Cast) -> None:
    ran(cast, "audit", "pay", "search")
    client = client_of(cast.uma)
    first = client.get("/api/v1/telemetry/calls/?limit=2").json()
    rest = client.get(first["next"]).json()
    assert len(first["results"]) == 2 and len(rest["results"]) == 1 and rest["next"] is None
    one = client.get(f"/api/v1/telemetry/calls/{rest['results'][0]['id']}/").json()
    assert one == rest["results"][0]
    figures = client.get("/api/v1/telemetry/tools/?range=1h").json()["results"]
    assert {row["tool_name"] for row in figures} == {"audit", "pay", "search"}


def test_report__by_an_agents_token__as_opentelemetry_words_it(cast: make.Cast) -> None:
    issued = issue_token(scope=cast.bo, name="clay", scopes=[Capability.REPORT], days=30, system_name=NAME, at=now())
    from django.test import Client

    program = Client(headers={"Authorization": f"Bearer {issued.secret}"})
    span = {"name": "execute_tool search", "attributes": {"gen_ai.tool.name": "search", "error.type": "timeout"}}
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [span, {"name": "chat", "attributes": {}}]}]}]}
    url = "/api/v1/telemetry/report/"
    js: dict[str, Any] = {"content_type": "application/json"}
    assert program.post(url, export, **js).json() == {"kept": 1}
    assert program.post(url, {"calls": [span, {"tool": "audit", "ms": 3}]}, **js).json() == {"kept": 2}
    bad = program.post(url, {"calls": [{"tool": "audit"}, {"ms": 3}]}, **js)
    assert bad.status_code == 422 and bad.json()["errors"][0]["pointer"].endswith("/calls/1")
    assert program.post(url, {}, **js).status_code == 422
    assert client_of(cast.uma).post(url, {"calls": [span]}, **js).status_code == 403
    found = client_of(cast.uma).get("/api/v1/telemetry/calls/?source=reported").json()["results"]
    assert {(row["tool_name"], row["success"]) for row in found} == {("search", False), ("audit", True)}


@pytest.mark.parametrize(("kind", "query"), [("tool-calls", "tool=audit"), ("tools", "range=24h")])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_export__exactly_these_rows(kind: str, query: str, format: str, cast: make.Cast) -> None:
    ran(cast, "audit", "pay")
    response = client_of(cast.uma).post(f"/exports/{kind}/", {"format": format, "query": query})
    text = b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()
    assert response.status_code == 200 and "audit" in text
    assert ("pay" in text) is (kind == "tools")
