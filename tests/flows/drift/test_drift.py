"""Where a system stands: on its page, by form and by API."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.drift.actions import set_state
from governance.drift.observing import observe
from governance.scope import Capability
from tests import factories as make
from tests.db.drift.streams import Stream, only
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


@pytest.fixture
def held() -> Iterator[make.Cast]:
    """A system that its own record put on HOLD."""
    cast = make.cast()
    stream = Stream(cast.tenant.id, cast.system.id)
    stream.add("compliance", np.zeros(60))
    stream.add("duration", np.random.default_rng(1).normal(size=500))
    with only(stream):
        observe(scope=cast.tars, at=make.later(1))
        observe(scope=cast.tars, at=make.later(16))
    yield cast


CLAY = "/drift/clay-consigliere/"


def test_page__on_hold__says_why_and_what_is_next_and_opens_a_tighter_amendment_or_a_rollback(held: make.Cast) -> None:
    make.applied(held, at=make.later(20), fallback_delay_ms=400)
    bo = client_of(held.bo)
    page = bo.get(CLAY).content.decode()
    for words in (
        "Hold",
        "0.0% of 60 complied",
        "Nobody acknowledges within 72 hours.",
        "Metric: compliance.",
    ):
        assert words in page, words
    assert "data-plotly" in page and "from MONITOR into HOLD" in page and "roll-back/" in page
    (link,) = re.findall(r'href="(/amendments/propose/[^"]+start=ask_for_everything)"', page)
    form = bo.get(link.replace("&amp;", "&")).content.decode()
    asks = json.loads(html.unescape(re.search(r'<textarea name="constitution"[^>]*>(.*?)</textarea>', form, re.S)[1]))
    assert {"payroll", "upload_payroll_entries"} <= set(asks["requires_approval"])


def test_page__acknowledge_validate_rearm__by_form(held: make.Cast) -> None:
    bo = client_of(held.bo)
    assert client_of(held.uma).post(f"{CLAY}acknowledge/", {"reason": "Mine."}).status_code == 403
    assert client_of(make.stranger()).post(f"{CLAY}acknowledge/", {"reason": "Mine."}).status_code == 404
    set_state(scope=held.sam, system_name="clay-consigliere", state="DEGRADED", reason="Old news.", at=make.later(17))
    refused = bo.post(f"{CLAY}override/", {"reason": "It is fine."})
    assert (
        refused.status_code == 409
        and b"no amendment was applied" in refused.content
        and b"It is fine." in refused.content
    )
    make.applied(held, at=make.later(20))
    assert b"is in NORMAL now" in bo.post(f"{CLAY}override/", {"reason": "Mended."}, follow=True).content
    armed = bo.post(f"{CLAY}rearm/", {"reason": "Anew.", "metric": "duration"}, follow=True)
    assert b"it learns from now on" in armed.content
    assert bo.post(f"{CLAY}rearm/", {"reason": "Anew.", "metric": "charm"}).status_code == 422
    assert bo.post(f"{CLAY}validate/", {"reason": "Anew.", "run": "x"}).status_code == 409
    assert bo.get(f"{CLAY}rearm/").status_code == 405


def test_list__states_of_all_systems__filtered_and_taken_away(held: make.Cast) -> None:
    bo = client_of(held.bo)
    with CaptureQueriesContext(connection) as asked:
        page = bo.get("/drift/?state=HOLD").content
    assert b"clay-consigliere" in page and len(asked) <= 16
    assert b"No system is like that" in bo.get("/drift/?state=RECOVERY").content
    taken = bo.post("/exports/drift/", {"query": "state=HOLD", "format": "csv"})
    assert taken.status_code in (200, 302)
    found = bo.get("/api/v1/drift/?state=HOLD").json()["results"]
    assert [(one["system"], one["state"], one["metric"]) for one in found] == [
        ("clay-consigliere", "HOLD", "compliance")
    ]


def test_api__measured_and_every_verb(held: make.Cast) -> None:
    ada = program(held.ada, Capability.READ_RECORD, Capability.SET_DRIFT)
    base = "systems/clay-consigliere/drift/"
    standing = ada.get(base).json()
    assert standing["cause"] == "above_critical" and standing["score"] > 1.3
    assert [one["state"] for one in standing["next"]] == ["RECOVERY", "DEGRADED"] and standing["next"][1]["at"]
    measured = ada.get(f"{base}measured/").json()
    assert [one["name"] for one in measured["metrics"]] == ["compliance", "duration"]
    assert [one["state"] for one in measured["scores"]] == ["MONITOR", "HOLD"]
    assert is_problem(
        ada.post(f"{base}validate/", {"run": "01a1c9d5-e280-7975-99e7-5263695e832d", "reason": "X"}),
        409,
        "wrong_drift_state",
    )
    late = ada.post(f"{base}acknowledge/", {"reason": "Seen."})
    assert late.status_code == 200 and late.json()["state"] == "DEGRADED"  # the cast lives weeks ago
    assert is_problem(ada.post(f"{base}override/", {"reason": "X"}), 409, "no_amendment_since")
    assert ada.post(f"{base}rearm/", {"reason": "X", "metric": "duration"}).json() == {"metrics": 1}
    assert ada.post(f"{base}reset_baseline/", {"reason": "X"}).json() == {"metrics": 2}
    stranger = program(make.stranger(), Capability.READ_RECORD, Capability.SET_DRIFT)
    for path in ("measured/", ""):
        assert is_problem(stranger.get(f"{base}{path}"), 404, "not_found")
    assert is_problem(stranger.post(f"{base}rearm/", {"reason": "X"}), 404, "not_found")
