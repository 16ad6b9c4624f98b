"""A what-if from the form to the evidence of an amendment, on the pages and over the API."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.amendments.models import AmendmentProposal
from governance.jobs.models import Job
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.whatif import desk
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    found = desk.cast()
    desk.past(found, [desk.PAYROLL, "Process the payroll PDF files", desk.VIDEO, "Bake a bread"])
    return found


def form(**fields: Any) -> dict[str, Any]:
    return {"days": "30", **fields}


def asked(cast: make.Cast, **fields: Any) -> str:
    """The address of a result."""
    answer = client_of(cast.bo).post("/what-if/", form(**fields))
    assert answer.status_code == 302, answer.content.decode()
    with in_tenant(cast.tenant.id):
        job = Job.objects.filter(tenant_id=cast.tenant.id).latest("id")
    assert desk.worked(job, at=timezone.now()).state == "done"
    return str(answer["Location"])


def proposed(cast: make.Cast) -> AmendmentProposal:
    return make.proposed(cast, routing_confidence_threshold=0.9, at=make.later(100))


def test_form__empty__says_what_to_say__and_what_holds_today(cast: make.Cast) -> None:
    bo = client_of(cast.bo)
    html = bo.get("/what-if/").content.decode()
    assert "Nobody has asked yet" in html and "today clay-consigliere asks for 0.70" in html and desk.PAYROLL in html
    answer = bo.post("/what-if/", form())
    assert answer.status_code == 422 and "changes nothing" in answer.content.decode()
    answer = bo.post("/what-if/", form(added="no arrow", constitution="{"))
    html = answer.content.decode()
    assert answer.status_code == 422 and "Line 1 is not of the form" in html and "no arrow" in html
    assert bo.post("/what-if/", form(added="Bake -> nobody")).status_code == 404


def test_result__coverage_first__then_moves_and_examples__with_their_why_cards(cast: make.Cast) -> None:
    url = asked(cast, threshold="1")
    uma = client_of(cast.uma)
    html = uma.get(url).content.decode()
    order = [
        html.index(one)
        for one in ("4 of 4 executions", "1 of 4 would have gone elsewhere", 'id="_moves"', 'id="_examples"')
    ]
    assert order == sorted(order)
    assert "nobody" in html and 'href="/executions/' in html and "The threshold is 1.00 instead of 0.70." in html
    assert 'hx-trigger="every 2s"' not in html
    assert "1 of 4 would have gone elsewhere" in uma.get("/what-if/").content.decode()


def test_result__while_it_runs__asks_again_by_itself(cast: make.Cast) -> None:
    url = client_of(cast.bo).post("/what-if/", form(threshold="0.9"))["Location"]
    html = client_of(cast.uma).get(url, HTTP_HX_REQUEST="true").content.decode()
    assert 'hx-trigger="every 2s"' in html and "<html" not in html and "/jobs/" in html
    assert client_of(cast.uma).get(f"{url}result.json").status_code == 409


def test_files__the_result_and_its_moves(cast: make.Cast) -> None:
    url, uma = asked(cast, threshold="1"), client_of(cast.uma)
    result = json.loads(uma.get(f"{url}result.json").content)
    assert result["form"] == "tars.what-if.v1" and result["counts"]["moved"] == 1
    answer = uma.get(f"{url}moves.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["from"], row["to"], row["count"], row["after_success"]) for row in rows] == [("domicile", "", "1", "")]
    assert "attachment" in answer["Content-Disposition"] and answer["Content-Type"].startswith("text/csv")


def test_amendment__offers_it_filled_in__and_takes_it_as_evidence_in_one_click(cast: make.Cast) -> None:
    proposal, bo = proposed(cast), client_of(cast.bo)
    page = bo.get(f"/amendments/{proposal.label}/").content.decode()
    assert f"/what-if/?amendment={proposal.label}" in page and "This changes where requests go" in page
    html = bo.get(f"/what-if/?amendment={proposal.label}").content.decode()
    assert f'<option value="{proposal.number}" selected>' in html
    url = asked(cast, amendment=str(proposal.number))
    assert "could be replayed" in bo.get(f"/amendments/{proposal.label}/").content.decode()
    html = bo.get(url).content.decode()
    assert "Attaching makes revision 2 of it." in html and "any approval is void" in html
    answer = bo.post(f"{url}attach/", {"amendment": str(proposal.number)})
    assert answer.status_code == 302 and answer["Location"] == f"/amendments/{proposal.label}/"
    page = bo.get(answer["Location"]).content.decode()
    assert "The result is evidence of" in page and "what-if-" in page
    assert "This result is evidence of it." in bo.get(url).content.decode()
    again = bo.post(f"{url}attach/", {"amendment": str(proposal.number)})
    assert again.status_code == 409 and "holds this file already" in again.content.decode()


def test_attach__somebody_elses__says_who_can(cast: make.Cast) -> None:
    proposal = proposed(cast)
    url, cy = asked(cast, amendment=str(proposal.number)), client_of(cast.cy)
    html = cy.get(url).content.decode()
    assert "Only who proposed an amendment adds to its evidence" in html and "Attach to" not in html
    assert cy.post(f"{url}attach/", {"amendment": str(proposal.number)}).status_code == 403
    assert cy.post(f"{url}attach/", {"amendment": "x"}).status_code == 404


def test_an_amendment_that_routes_nothing__has_no_card(cast: make.Cast) -> None:
    other = make.proposed(cast, fallback_delay_ms=200)
    assert 'id="what-if"' not in client_of(cast.bo).get(f"/amendments/{other.label}/").content.decode()


def test_rule__asks_what_if_it_were_off(cast: make.Cast) -> None:
    rule = desk.rule(cast)
    bo = client_of(cast.bo)
    assert f"/what-if/?off={rule}" in bo.get(f"/routing/{rule}/").content.decode()
    assert f'value="{rule}" id="id_off_0" checked' in " ".join(bo.get(f"/what-if/?off={rule}").content.decode().split())


def test_ask_differently__as_it_was(cast: make.Cast) -> None:
    url = asked(cast, threshold="0.85", added="Bake a bread -> memvid")
    html = client_of(cast.uma).get(f"/what-if/?again={url.split('/')[2]}").content.decode()
    assert 'value="0.85"' in html and "Bake a bread -&gt; memvid" in html


def test_strangers_and_members__meet_nothing(cast: make.Cast) -> None:
    url = asked(cast, threshold="0.9")
    mallory, mel = client_of(make.stranger()), client_of(cast.mel)
    for path in ("", "result.json", "moves.csv"):
        assert mallory.get(f"{url}{path}").status_code == 404 and mel.get(f"{url}{path}").status_code == 403
    assert mallory.post(f"{url}attach/", {"amendment": "1"}).status_code == 404
    assert mel.get("/what-if/").status_code == 403 and mel.post("/what-if/", form(threshold="0.9")).status_code == 403


def test_pages__number_of_queries__does_not_follow_the_results(cast: make.Cast) -> None:
    uma = client_of(cast.uma)

    def counted() -> int:
        with CaptureQueriesContext(connection) as found:
            assert uma.get("/what-if/").status_code == 200
        return len(found)

    asked(cast, threshold="0.9")
    counted()
    few = counted()
    for threshold in ("0.8", "0.81", "0.82"):
        asked(cast, threshold=threshold)
    assert counted() == few


def test_api__asks_reads_and_attaches(cast: make.Cast) -> None:
    proposal, bo = proposed(cast), client_of(cast.bo)
    began = bo.post("/api/v1/what-if/", {"amendment": proposal.number}, content_type="application/json")
    assert began.status_code == 202, began.content
    id = began.json()["id"]
    assert bo.get(f"/api/v1/what-if/{id}/").json()["result"] is None
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(id=id)
    desk.worked(job, at=timezone.now())
    found = bo.get(f"/api/v1/what-if/{id}/").json()
    assert found["result"]["coverage"]["replayed"] == 4 and found["asked"]["amendment"] == proposal.number
    made = bo.post(f"/api/v1/what-if/{id}/attach/", {"amendment": proposal.number}, content_type="application/json")
    assert made.json() == {"amendment": proposal.label, "revision": 2, "digest": found["digest"]}
    (line,) = bo.get("/api/v1/what-if/").json()["results"]
    assert line["id"] == id and line["state"] == "done"
    nothing = bo.post("/api/v1/what-if/", {}, content_type="application/json")
    assert nothing.status_code == 422 and nothing.json()["code"] == "bad_what_if"
