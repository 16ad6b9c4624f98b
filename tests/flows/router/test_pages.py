from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.tenancy import in_tenant
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.router import desk
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.system(
        found, "domicile", "payroll", "compliance", description="Payroll processing, PDF extraction, compliance audits"
    )
    desk.system(found, "memvid", "video-memory", description="Long memory of what was said and seen")
    desk.embedded(found)
    return found


def form(**fields: Any) -> dict[str, Any]:
    return {"pattern": "Process payroll PDFs", "system": "domicile", "confidence": "1", **fields}


def the_rule(cast: make.Cast) -> RoutingRule:
    with in_tenant(cast.tenant.id):
        return RoutingRule.objects.get(tenant_id=cast.tenant.id)


def test_rules__empty__says_what_happens_instead(cast: make.Cast) -> None:
    html = client_of(cast.uma).get("/routing/").content.decode()
    assert "There is no routing rule" in html and "You need the role Operator or Tenant admin" in html


def test_rule__written_edited_switched__with_its_history(cast: make.Cast) -> None:
    bo = client_of(cast.bo)
    written = bo.post("/routing/write/", form(alternative_2="memvid", action="payroll"))
    rule = the_rule(cast)
    assert written.status_code == 302 and written["Location"] == f"/routing/{rule.id}/"
    edited = form(system="memvid", alternative_1="clay-consigliere", alternative_3="domicile")
    assert bo.post(f"/routing/{rule.id}/edit/", edited).status_code == 302
    html = bo.get(f"/routing/{rule.id}/").content.decode()
    assert html.index(">clay-consigliere<") < html.index(">domicile<") and "edited a routing rule" in html
    assert bo.post(f"/routing/{rule.id}/switch/", {"to": "off"}).status_code == 302
    again = bo.post(f"/routing/{rule.id}/switch/", {"to": "off"})
    assert again.status_code == 409 and "off already" in again.content.decode()
    assert "turned off the routing rule" in client_of(cast.uma).get(f"/routing/{rule.id}/").content.decode()


def test_alternatives__a_button_moves_one_up__without_script_and_without_saving(cast: make.Cast) -> None:
    bo = client_of(cast.bo)
    typed = form(alternative_1="memvid", alternative_2="clay-consigliere", pattern="As it was typed")
    html = bo.post("/routing/write/", {**typed, "move": "2"}).content.decode()
    assert re.search(r'value="clay-consigliere" selected', field(html, "alternative_1"))
    assert re.search(r'value="memvid" selected', field(html, "alternative_2"))
    assert "As it was typed" in html and "Ask memvid earlier" in html
    with in_tenant(cast.tenant.id):
        assert not RoutingRule.objects.filter(tenant_id=cast.tenant.id).exists()
    assert html.index("hidden>Save") < html.index('name="move"'), "Enter saves"


def field(html: str, name: str) -> str:
    start = html.index(f'name="{name}"')
    return html[start : html.index("</select>", start)]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"pattern": ""}, 422, "This field is required"),
        ({"system": "nobody"}, 422, "Select a valid choice"),
        ({"alternative_1": "domicile"}, 422, "name a system twice"),
    ],
)
def test_write__nonsense__said_beside_the_form(fields: dict[str, str], status: int, said: str, cast: make.Cast) -> None:
    answer = client_of(cast.bo).post("/routing/write/", form(**fields))
    assert answer.status_code == status and said in answer.content.decode()


def test_write__wrong_role__refused(cast: make.Cast) -> None:
    assert client_of(cast.uma).post("/routing/write/", form()).status_code == 403
    assert client_of(cast.uma).get("/routing/write/").status_code == 403


def test_stranger__meets_nothing(cast: make.Cast) -> None:
    client_of(cast.bo).post("/routing/write/", form())
    mallory = client_of(make.stranger())
    for path in ("", "edit/"):
        assert mallory.get(f"/routing/{the_rule(cast).id}/{path}").status_code == 404
    assert mallory.post(f"/routing/{the_rule(cast).id}/switch/", {"to": "off"}).status_code == 404
    assert "payroll PDFs" not in mallory.get("/routing/").content.decode()


def test_list__number_of_queries__does_not_follow_the_rules(cast: make.Cast) -> None:
    uma = client_of(cast.uma)

    def counted() -> int:
        with CaptureQueriesContext(connection) as found:
            assert uma.get("/routing/?state=on").status_code == 200
        return len(found)

    desk.written(cast.bo, "Payroll 0", "domicile", "memvid")
    counted()
    few = counted()
    for number in range(1, 9):
        desk.written(cast.bo, f"Payroll {number}", "memvid", "domicile")
    assert counted() == few


def test_export__csv_of_the_filtered_list(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid")
    desk.written(cast.bo, "Find a recording", "memvid")
    answer = client_of(cast.uma).post("/exports/routing_rules/", {"query": "q=payroll", "format": "csv"})
    text = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == 200 and b"Process payroll PDFs" in text and b"recording" not in text


def test_ask__shows_decision_bars_and_reasons(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid", action="payroll")
    answer = client_of(cast.mel).post("/ask/", {"text": "Process the payroll PDFs of March"})
    html = answer.content.decode()
    assert answer.status_code == 200 and "domicile gets it" in html and "<meter" in html
    assert "may do it" in html and "may not do it" in html and "threshold 0.70" in html


def test_ask__fragment_is_the_same_decision(cast: make.Cast) -> None:
    answer = client_of(cast.bo).post("/ask/", {"text": "Process the payroll PDFs"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="_decision"') and "domicile gets it" in html


def test_ask__out_of_scope_empty_and_prefilled(cast: make.Cast) -> None:
    bo = client_of(cast.bo)
    assert "Out of scope" in bo.post("/ask/", {"text": "What is the boiling point of tungsten?"}).content.decode()
    assert "Say in a sentence" in bo.post("/ask/", {"text": " "}).content.decode()
    html = bo.get("/ask/?text=Audit+payroll").content.decode()
    assert "Audit payroll</textarea>" in html and "Decision" not in html


def test_system_page__shows_what_is_routed_to_it(cast: make.Cast) -> None:
    desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid")
    uma = client_of(cast.uma)
    assert "Process payroll PDFs" in uma.get("/systems/domicile/").content.decode()
    assert "It is an alternative in 1 rule." in uma.get("/systems/memvid/").content.decode()
