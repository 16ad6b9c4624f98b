"""Where a system stands: on its page, by form and by API."""

from __future__ import annotations

from governance.scope import Capability
from tests import factories as make
from tests.flows.api.programs import is_problem, program
from tests.web import client_of

HOLD = {"state": "HOLD", "reason": "It answers in riddles."}


def test_system__shows_its_state__and_a_form_sets_it() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    assert b"Nobody and nothing has moved it" in client.get("/systems/clay-consigliere/").content
    page = client.post("/drift/clay-consigliere/", HOLD, follow=True)
    assert page.redirect_chain == [("/systems/clay-consigliere/", 302)]
    assert b"It answers in riddles." in page.content and b"is in HOLD now" in page.content


def test_set__wrong_or_refused__says_why_and_keeps_what_was_typed() -> None:
    cast = make.cast()
    bo = client_of(cast.bo)
    for typed, status in (({**HOLD, "reason": ""}, 422), ({**HOLD, "state": "PANIC"}, 422)):
        assert bo.post("/drift/clay-consigliere/", typed).status_code == status
    page = bo.post("/drift/clay-consigliere/", {"state": "NORMAL", "reason": "As ever."})
    assert page.status_code == 409 and b"As ever." in page.content
    refused = client_of(cast.uma).post("/drift/clay-consigliere/", HOLD)
    assert refused.status_code == 403 and b"You need the role" in refused.content
    assert client_of(make.stranger()).post("/drift/clay-consigliere/", HOLD).status_code == 404
    assert bo.get("/drift/nobody/").status_code == 404


def test_api__get_and_post() -> None:
    cast = make.cast()
    bo = program(cast.bo, Capability.READ_RECORD, Capability.SET_DRIFT)
    assert bo.get("systems/clay-consigliere/drift/").json()["state"] == "NORMAL"
    found = bo.post("systems/clay-consigliere/drift/", HOLD)
    assert found.status_code == 200 and found.json()["state"] == "HOLD"
    assert is_problem(bo.post("systems/clay-consigliere/drift/", HOLD), 409, "same_drift_state")
    reader = program(cast.uma, Capability.READ_RECORD)
    assert is_problem(reader.post("systems/clay-consigliere/drift/", HOLD), 403, "not_allowed")
    assert reader.get("systems/clay-consigliere/drift/").json()["reason"] == "It answers in riddles."
    assert is_problem(program(make.stranger()).get("systems/clay-consigliere/drift/"), 404, "not_found")
