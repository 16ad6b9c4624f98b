from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from dreams.guardrails import settings
from governance.amendments.models import AmendmentProposal
from tests import factories as make
from tests.db.guardrails import desk
from tests.db.guardrails import test_forbidden as forbidden
from tests.db.guardrails.desk import APPLIED, BAD, GOOD, LOOK
from tests.web import client_of

LIST = "/guardrails/"
API = "/api/v1/"


def _watched(cast: make.Cast, *, ended: list[desk.Done]) -> AmendmentProposal:
    settings.change(scope=cast.ada, days=60, rules={}, reason="Long enough for today.", at=make.AT)
    desk.before(cast, [GOOD] * 60)
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    half = len(ended) // 2
    for place, part in enumerate((ended[:half], ended[half:])):
        at = APPLIED + timedelta(minutes=20 * (place + 1))
        desk.since(cast, part, first=at)
        desk.looked(cast, at=at + timedelta(minutes=19))
    return proposal


def _json(client: Any, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, method)(f"{API}{path}", body or {}, content_type="application/json")


def test_nothing_watched__says_when_something_is() -> None:
    html = client_of(make.cast().uma).get(LIST).content.decode()
    assert "Nothing is watched yet" in html and "from the minute in which it takes effect" in html


def test_watch__its_panel_shows_the_lines_and_people_decide_there() -> None:
    cast = make.cast()
    proposal = _watched(cast, ended=[GOOD] * 10)
    page, bo = f"/amendments/AMD-{proposal.number}/", client_of(cast.bo)
    html = bo.get(page).content.decode()
    assert 'id="watch"' in html and "Success rate" in html and "at least 20 needed" in html
    assert "0 ratings before it; 5 are needed to compare with" in html
    listed = bo.get(f"{LIST}?state=open").content.decode()
    assert proposal.sentence in listed or f"AMD-{proposal.number}" in listed
    assert "Nothing fits these filters" in bo.get(f"{LIST}?state=kept").content.decode()
    empty = bo.post(f"{LIST}AMD-{proposal.number}/keep/", {"reason": " "}, follow=True).content.decode()
    assert "Say why" in empty
    longer = bo.post(f"{LIST}AMD-{proposal.number}/extend/", {"reason": "Late.", "days": "7"}, follow=True)
    assert "It is watched longer." in longer.content.decode()
    wrong = bo.post(f"{LIST}AMD-{proposal.number}/extend/", {"reason": "Late.", "days": "x"}, follow=True)
    assert "at most 90 days in all" in wrong.content.decode()
    paused = bo.post(f"{LIST}AMD-{proposal.number}/pause/", {"reason": "Odd."}, follow=True).content.decode()
    assert "Watch anew" in paused
    bo.post(f"{LIST}AMD-{proposal.number}/resume/", {"reason": "The network."})
    kept = bo.post(f"{LIST}AMD-{proposal.number}/keep/", {"reason": "We accept it."}, follow=True).content.decode()
    assert "It stays, and is watched no more." in kept and "We accept it." in kept and "Keep it" not in kept


def test_rolled_back__the_page_says_what_fired_and_how_fast() -> None:
    cast = make.cast()
    proposal = _watched(cast, ended=[BAD] * 40)
    html = client_of(cast.uma).get(f"/amendments/AMD-{proposal.number}/").content.decode()
    assert "Its success rate was 100.0% and is 0.0%" in html and "TARS acted" in html and "crossed" in html
    assert "acted after" in client_of(cast.uma).get(LIST).content.decode()
    body = client_of(cast.uma).get(f"{LIST}").content.decode()
    assert "Rolled back" in body


def test_what_the_law_forbids_at_the_router__is_shown_with_its_clause_and_undone() -> None:
    cast = make.cast()
    proposal = forbidden.watched(cast)
    forbidden.asked(cast, "export_pii", system="payroll")
    desk.looked(cast)
    html = client_of(cast.bo).get(f"/amendments/AMD-{proposal.number}/").content.decode()
    assert "Since then it ran into gov.md 7.1, which it did not before." in html
    said = _json(client_of(cast.bo), "get", f"amendments/AMD-{proposal.number}/watch/").json()
    assert (said["state"], said["crossing"]["section"]) == ("rolled_back", "gov.md 7.1")


def test_who_may_not__is_told_who_may() -> None:
    cast = make.cast()
    proposal = _watched(cast, ended=[GOOD] * 4)
    uma = client_of(cast.uma)
    assert "You need the role" in uma.get(f"/amendments/AMD-{proposal.number}/").content.decode()
    assert uma.post(f"{LIST}AMD-{proposal.number}/keep/", {"reason": "So."}).status_code == 403
    assert client_of(cast.mel).get(LIST).status_code == 403
    assert client_of(make.stranger()).post(f"{LIST}AMD-{proposal.number}/keep/", {"reason": "So."}).status_code == 404
    assert "You need the role" in uma.get(f"{LIST}settings/").content.decode()


def test_settings__are_changed_on_the_page() -> None:
    cast = make.cast()
    ada = client_of(cast.ada)
    form = {
        "days": "14",
        "reason": "Payroll runs twice a month.",
        "success_drop_reaction": "warn",
        "success_drop_margin": "10",
        "success_drop_least": "30",
        "violation_reaction": "roll_back",
        "violation_least": "1",
        "satisfaction_drop_reaction": "off",
        "satisfaction_drop_margin": "10",
        "satisfaction_drop_least": "8",
        "cost_spike_reaction": "pause",
        "cost_spike_margin": "25",
        "cost_spike_least": "20",
    }
    assert ada.post(f"{LIST}settings/", {**form, "days": "0"}).status_code == 422
    assert ada.post(f"{LIST}settings/", form).status_code == 302
    found = _json(ada, "get", "guardrails/").json()
    assert found["days"] == 14 and found["rules"]["success_drop"] == {
        "reaction": "warn",
        "margin": 0.1,
        "least": 30,
        "is_on": True,
    }
    assert not found["rules"]["satisfaction_drop"]["is_on"]
    assert "Last changed by" in ada.get(f"{LIST}settings/").content.decode()


def test_api__reads_and_decides_as_the_pages_do() -> None:
    cast = make.cast()
    proposal = _watched(cast, ended=[GOOD] * 4)
    path, bo = f"amendments/AMD-{proposal.number}/watch/", client_of(cast.bo)
    (listed,) = _json(bo, "get", "watches/?state=open").json()["results"]
    whole = _json(bo, "get", path).json()
    assert listed.items() <= whole.items() and len(whole["triggers"]) == 4
    assert _json(bo, "post", f"{path}extend/", {"reason": "Late.", "days": 100}).status_code == 422
    assert _json(bo, "post", f"{path}pause/", {"reason": "Odd."}).json()["state"] == "paused"
    assert _json(bo, "post", f"{path}pause/", {"reason": "Odd."}).json()["code"] == "not_watched"
    assert _json(bo, "post", f"{path}resume/", {"reason": "Fine."}).json()["state"] == "watching"
    assert _json(bo, "post", f"{path}keep/", {"reason": "Fine."}).json()["state"] == "kept"
    assert _json(client_of(make.stranger()), "get", path).status_code == 404
    assert _json(client_of(cast.uma), "post", f"{path}keep/", {"reason": "So."}).status_code == 403
    changed = _json(client_of(cast.ada), "patch", "guardrails/", {"days": 3, "reason": "Quick."}).json()
    assert changed["days"] == 3 and changed["rules"]["violation"]["reaction"] == "roll_back"


def test_list__the_same_number_of_queries_for_many_and_a_file_of_it() -> None:
    cast = make.cast()
    uma = client_of(cast.uma)

    def count() -> int:
        uma.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            uma.get(LIST)
        return len(queries)

    desk.amended(cast)
    desk.looked(cast)
    one = count()
    for place in range(4):
        make.applied(cast, at=LOOK + timedelta(minutes=place), fallback_delay_ms=210 + place)
    desk.looked(cast, at=LOOK + timedelta(minutes=9))
    assert count() == one
    answer = uma.post("/exports/watches/", {"query": "state=open", "format": "csv"})
    text = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == 200 and text.count(b"AMD-") == 5
