"""What people do to nights, by their pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dreams.cycles import planning, promoting, settings, wishes
from dreams.cycles.models import Dream, DreamBar, DreamCycle, DreamWish, RegressionRequest, State
from governance import canonical
from governance.amendments.kinds import State as Amended
from governance.amendments.models import AmendmentProposal
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.web import client_of

HOME = "/dreams/"


@pytest.fixture
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web's clock is the desk's night."""
    for place in ("views_acts", "views_asking", "views_settings", "views_looking", "views_bounds", "api_acts"):
        monkeypatch.setattr(f"dreams.cycles.{place}.now", lambda: desk.NIGHT, raising=False)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _won(cast: make.Cast) -> Dream:
    """A judged night whose best dream nobody proposed yet."""
    settings.change(scope=cast.bo, changes={"proposes": False}, reason="We look first.", at=make.later(1))
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    return next(one for one in desk.dreams(cast, cycle) if one.not_proposed_because == promoting.WAITS)


def test_propose__a_winner__becomes_an_amendment_and_not_twice(_today: None) -> None:
    cast = desk.cast()
    dream = _won(cast)
    path = f"{HOME}trials/{dream.id}/propose/"
    assert client_of(cast.uma).post(path).status_code == 403
    assert client_of(make.stranger()).post(path).status_code == 404
    bo = client_of(cast.bo)
    answer = bo.post(path, follow=True)
    assert answer.status_code == 200 and "is proposed" in _text(answer)
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.get()
    assert proposal.state == Amended.PROPOSED
    again = bo.post(path, {"next": "/dreams/barred/"})
    assert again.status_code == 302 and again["Location"] == "/dreams/barred/"
    assert "proposed already" in _text(bo.get("/dreams/barred/"))


def test_propose__next_elsewhere__is_not_followed(_today: None) -> None:
    cast = desk.cast()
    _won(cast)
    with in_tenant(cast.tenant.id):
        loser = Dream.objects.get(number=0)
    for evil in ("https://evil.example/", "//evil.example/dreams/", "/dreams/\\evil"):
        answer = client_of(cast.bo).post(f"{HOME}trials/{loser.id}/propose/", {"next": evil})
        assert answer["Location"].startswith("/dreams/nights/dream-")


def test_bar__lists_it_and_whoever_decides_lifts_it(_today: None) -> None:
    cast = desk.cast()
    dream = _won(cast)
    ada, uma = client_of(cast.ada), client_of(cast.uma)
    assert "Nothing is barred" in _text(uma.get("/dreams/barred/"))
    assert ada.post(f"{HOME}trials/{dream.id}/bar/", {"reason": " "}).status_code == 302
    with in_tenant(cast.tenant.id):
        assert not DreamBar.objects.exists()
    ada.post(f"{HOME}trials/{dream.id}/bar/", {"reason": "It confused people."})
    listed = _text(ada.get("/dreams/barred/"))
    assert "It confused people." in listed and "/fuzzy_match_threshold" in listed and "Lift" in listed
    assert "You need the role" in _text(uma.get("/dreams/barred/"))
    assert "of this system is barred" in _text(uma.get("/dreams/barred/?system=other"))
    with in_tenant(cast.tenant.id):
        row = DreamBar.objects.get()
    assert uma.post(f"{HOME}barred/{row.id}/lift/", {"reason": "So."}).status_code == 403
    answer = ada.post(f"{HOME}barred/{row.id}/lift/", {"reason": "It was the data."}, follow=True)
    assert "It may be dreamed again." in _text(answer)
    assert ada.post(f"{HOME}barred/{row.id}/lift/", {"reason": "Again."}).status_code == 404


def test_barred__the_same_number_of_queries_for_many_and_a_file_of_it(_today: None) -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    uma, dreams = client_of(cast.uma), [one for one in desk.dreams(cast, cycle) if one.mutations]

    def count() -> int:
        uma.get("/dreams/barred/")
        with CaptureQueriesContext(connection) as queries:
            uma.get("/dreams/barred/")
        return len(queries)

    wishes.bar(scope=cast.ada, dream_id=dreams[0].id, reason="No.", at=desk.NIGHT)
    one = count()
    for other in dreams[1:3]:
        wishes.bar(scope=cast.ada, dream_id=other.id, reason="No.", at=desk.NIGHT)
    assert count() == one
    answer = uma.post("/exports/dream-bars/", {"query": "", "format": "csv"})
    text = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == 200 and text.count(b"No.") == len(dreams[:3])


def test_plan__says_first_why_not__and_leads_to_the_night(_today: None) -> None:
    cast = desk.cast()
    bo = client_of(cast.bo)
    page = _text(bo.get(f"{HOME}plan/?system={desk.NAME}"))
    assert "Plan it" in page and "Leave it empty to begin now" in page
    assert "Plan it" not in _text(client_of(cast.uma).get(f"{HOME}plan/?system={desk.NAME}"))
    assert bo.post(f"{HOME}plan/", {"system": desk.NAME, "hours": "0"}).status_code == 422
    answer = bo.post(f"{HOME}plan/", {"system": desk.NAME, "hours": "2", "seed": "7"})
    with in_tenant(cast.tenant.id):
        cycle = DreamCycle.objects.get()
    assert answer["Location"] == f"/dreams/nights/{cycle.cycle_id}/"
    assert cycle.deadline_at - cycle.starts_at == timedelta(hours=2)
    assert "is not over yet" in _text(bo.get(f"{HOME}plan/?system={desk.NAME}"))
    refused = bo.post(f"{HOME}plan/", {"system": desk.NAME, "hours": "2"})
    assert refused.status_code == 409 and "is not over yet" in _text(refused)
    assert client_of(cast.uma).post(f"{HOME}plan/", {"system": desk.NAME, "hours": "2"}).status_code == 403


def test_plan__nothing_tunable__is_an_empty_state() -> None:
    law = {name: value for name, value in desk.LAW.items() if name != "tunable"}
    cast = make.cast()
    desk.furnish(cast, law=law, served=1)
    page = _text(client_of(cast.bo).get(f"{HOME}bounds/{desk.NAME}/"))
    assert "so no night can try anything" in page
    assert client_of(cast.bo).get(f"{HOME}ask/?system=nobody").status_code == 404


def test_stop__a_planned_night__is_over_at_once(_today: None) -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    path = f"{HOME}nights/{cycle.cycle_id}/stop/"
    assert client_of(cast.uma).post(path, {"reason": "So."}).status_code == 403
    assert client_of(make.stranger()).post(path, {"reason": "So."}).status_code == 404
    bo = client_of(cast.bo)
    assert bo.post(path, {"reason": ""})["Location"] == f"/dreams/nights/{cycle.cycle_id}/"
    assert desk.now(cast, cycle).state == State.PLANNED
    bo.post(path, {"reason": "The office is moving."})
    ended = desk.now(cast, cycle)
    assert ended.state == State.STOPPED and "The office is moving." in ended.stopped_because
    bo.post(path, {"reason": "Twice.", "next": "/dreams/calendar/"})
    assert "is over already" in _text(bo.get("/dreams/calendar/"))


def test_ask__a_value_inside_its_bounds__waits_and_can_be_withdrawn(_today: None) -> None:
    cast = desk.cast()
    bo, path = client_of(cast.bo), f"{HOME}ask/"
    page = _text(bo.get(f"{path}?system={desk.NAME}"))
    assert "Today it is 0.5." in page and '<option value="0.3">' in page
    form = {"system": desk.NAME, "pointer": "/fuzzy_match_threshold", "value": "0.3", "note": "Cheaper?"}
    assert bo.post(path, {**form, "value": "0.9"}).status_code == 422
    assert client_of(cast.uma).post(path, form).status_code == 403
    assert client_of(make.stranger()).post(path, form).status_code == 404
    answer = bo.post(path, form, follow=True)
    assert "bo asked: Cheaper?" in _text(answer).lower() or "asked: Cheaper?" in _text(answer)
    again = bo.post(path, form)
    assert again.status_code == 422 and "waits for the next night already" in _text(again)
    with in_tenant(cast.tenant.id):
        wish = DreamWish.objects.get()
    back = {"next": f"{path}?system={desk.NAME}"}
    assert client_of(cast.uma).post(f"{HOME}wishes/{wish.id}/withdraw/", back).status_code == 403
    answer = bo.post(f"{HOME}wishes/{wish.id}/withdraw/", back, follow=True)
    assert "The test is withdrawn." in _text(answer) and "Nobody has asked" in _text(answer)
    assert bo.post(f"{HOME}wishes/{wish.id}/withdraw/", back).status_code == 404


def test_settings__are_changed_on_the_page_and_stand_on_the_ledger(_today: None) -> None:
    cast = desk.cast()
    bo, path = client_of(cast.bo), f"{HOME}settings/"
    page = _text(bo.get(path))
    assert "Least is asked from" in page or "Nothing was asked" in page
    assert page.count('class="asked"') == 24 and "set aside when the night begins" in page
    form = {
        "window_hour": "22",
        "window_hours": "6",
        "budget_usd": "12.5",
        "most_candidates": "8",
        "alpha": "2.5",
        "reason": "Shorter nights.",
    }
    assert bo.post(path, {**form, "window_hours": "13"}).status_code == 422
    assert bo.post(path, form).status_code == 302
    with in_tenant(cast.tenant.id):
        found = settings.chosen(scope=cast.tars)
    assert (found.is_on, found.window_hour, found.window_hours, found.alpha, found.proposes) == (
        False, 22, 6, 0.025, False,
    )  # fmt: skip
    assert "Nights are from 22:00 to 04:00" in _text(bo.get(path))
    same = bo.post(path, form)
    assert same.status_code == 422 and "how the nights are already" in _text(same)
    assert "You need the role" in _text(client_of(cast.uma).get(path))
    assert client_of(cast.uma).post(path, form).status_code == 403


def test_aim__of_one_system__is_changed_on_its_page(_today: None) -> None:
    cast = desk.cast()
    bo, path = client_of(cast.bo), f"{HOME}settings/{desk.NAME}/"
    assert "Cheaper" in _text(bo.get(path))
    form = {"primary": "success", "minimum_effect": "1", "planned_effect": "5", "reason": "Answers count."}
    wrong = bo.post(path, {**form, "minimum_effect": "5"})
    assert wrong.status_code == 422 and "above the minimum effect" in _text(wrong)
    assert bo.post(path, form).status_code == 302
    with in_tenant(cast.tenant.id):
        aim = settings.chosen(scope=cast.tars).aim_of(desk.system(cast).id)
    assert (aim.primary, aim.minimum_effect, aim.planned_effect, aim.is_on) == ("success", 0.01, 0.05, False)
    assert "Not dreamed of" in _text(bo.get(f"{HOME}settings/"))
    assert client_of(make.stranger()).post(path, form).status_code == 404


def test_bounds__saving__opens_a_proposal_and_changes_nothing(_today: None) -> None:
    cast = desk.cast()
    bo, path = client_of(cast.bo), f"{HOME}bounds/{desk.NAME}/"
    page = _text(bo.get(path))
    assert "/fuzzy_match_threshold" in page and "0.3, 0.4, 0.6" in " ".join(page.split())
    assert "/requires_approval" in page
    form = {
        "base_version": "1",
        "reason": "A little more room.",
        "p0-pointer": "/fuzzy_match_threshold",
        "p0-is_tunable": "on",
        "p0-min": "0.2",
        "p0-max": "0.6",
        "p0-step": "0.1",
        "intent": "propose",
    }
    same = bo.post(path, {**form, "p0-min": "0.3"})
    assert same.status_code == 422 and "the bounds already" in _text(same)
    guarded = bo.post(path, {**form, "new-pointer": "/requires_approval/0", "new-values": "x"})
    assert guarded.status_code == 422 and "is protected by /requires_approval" in _text(guarded)
    half = bo.post(path, {**form, "p0-max": ""})
    assert half.status_code == 422 and "A range has both ends." in _text(half)
    outside = bo.post(path, {**form, "p0-min": "0.55"})
    assert outside.status_code == 422 and "outside these bounds" in _text(outside)
    assert client_of(cast.uma).post(path, form).status_code == 403
    assert client_of(make.stranger()).post(path, form).status_code == 404
    answer = bo.post(path, form)
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.latest("created_at")
        proposed = canonical.loads_canonical(bytes(proposal.revisions.get().new_constitution))
    assert answer["Location"] == f"/amendments/AMD-{proposal.number}/"
    assert proposed["tunable"] == {"/fuzzy_match_threshold": {"min": 0.2, "max": 0.6, "step": 0.1}}
    assert desk.system(cast).constitution["tunable"] == desk.LAW["tunable"]


def test_bounds__listed_texts__are_declared_as_they_stand(_today: None) -> None:
    law = {**desk.LAW, "covenant": "Be brief."}
    cast = desk.cast(law=law, served=1)
    form = {
        "reason": "Try wordings.",
        "p0-pointer": "/fuzzy_match_threshold",
        "new-pointer": "/covenant",
        "new-values": "Be brief.\r\nBe brief and kind.\r\n",
        "intent": "draft",
    }
    client_of(cast.bo).post(f"{HOME}bounds/{desk.NAME}/", form)
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.latest("created_at")
        proposed = canonical.loads_canonical(bytes(proposal.revisions.get().new_constitution))
    assert proposal.state == Amended.DRAFT
    assert proposed["tunable"] == {"/covenant": {"values": ["Be brief.", "Be brief and kind."]}}


def test_calendar__shows_each_night_on_its_day(_today: None) -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    uma = client_of(cast.uma)
    month = f"{desk.NIGHT:%Y-%m}"
    page = _text(uma.get(f"{HOME}calendar/?month={month}"))
    assert f"/dreams/nights/{cycle.cycle_id}/" in page and "planned" in page
    desk.ran(cast, cycle)
    assert "judged" in _text(uma.get(f"{HOME}calendar/?month={month}"))
    assert "No night in this month." in _text(uma.get(f"{HOME}calendar/?month=1999-02"))
    assert uma.get(f"{HOME}calendar/?month=x").status_code == 200
    assert uma.get(f"{HOME}calendar/?month=9999-12").status_code == 200
    assert cycle.cycle_id not in _text(client_of(make.stranger()).get(f"{HOME}calendar/?month={month}"))


def test_regression_set__is_listed_grown_and_shrunk(_today: None) -> None:
    cast = desk.cast()
    bo, path = client_of(cast.bo), f"{HOME}regression/{desk.NAME}/"
    assert "Nothing is frozen yet" in _text(bo.get(path))
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    page = _text(bo.get(path))
    assert "25 requests of at most 100" in page and "Audit the payroll of team" in page
    (extra,) = desk.serve(cast, 1, first=make.later(9_000))
    bo.post(f"{path}add/", {"execution": str(extra.id)})
    bo.post(f"{path}add/", {"execution": str(extra.id)})
    assert "tries this request already" in _text(bo.get(path))
    assert bo.post(f"{path}add/", {"execution": "x"}).status_code == 404
    with in_tenant(cast.tenant.id):
        assert RegressionRequest.objects.filter(removed_at=None).count() == 26
    assert client_of(cast.uma).post(f"{path}take-out/", {"execution": str(extra.id)}).status_code == 403
    bo.post(f"{path}take-out/", {"execution": str(extra.id)})
    assert bo.post(f"{path}take-out/", {"execution": str(extra.id)}).status_code == 404
    assert client_of(make.stranger()).post(f"{path}add/", {"execution": str(extra.id)}).status_code == 404
    answer = bo.post("/exports/regression-set/", {"query": f"system={desk.NAME}", "format": "csv"})
    text = b"".join(answer) if answer.streaming else answer.content
    assert text.count(b"Audit the payroll") == 25


def test_regression_set__says_where_a_dream_made_something_else_of_it(_today: None) -> None:
    from routing.connectors.contract import Call, OnProgress, Reply

    def fails(call: Call, told: OnProgress) -> Reply:
        document: Any = call.constitution.document
        return desk.dear(call, told) if document["fuzzy_match_threshold"] >= 0.5 else Reply(is_error=True, error="No.")

    cast = desk.cast(fails)
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    page = _text(client_of(cast.uma).get(f"{HOME}regression/{desk.NAME}/"))
    assert f"{cycle.cycle_id}</a>" in page and "completed became failed" in page


def test_planning__says_why_a_system_that_is_held_has_no_night(_today: None) -> None:
    cast = desk.cast()
    with in_tenant(cast.tenant.id):
        assert planning.why_not(scope=cast.tars, system=desk.system(cast)) == ""


def test_bounds__words_of_a_model__are_declared_kept_and_said_to_be_nobodys_here(_today: None) -> None:
    law = {
        **desk.LAW,
        "covenant": "Be brief.",
        "tunable": {**desk.LAW["tunable"], "/covenant": {"written_by_model": 3, "longest": 200}},
    }
    cast = desk.cast(law=law, served=1)
    bo, path = client_of(cast.bo), f"{HOME}bounds/{desk.NAME}/"
    page = " ".join(_text(bo.get(path)).split())
    assert "3 variants a night that a model writes, with 200 characters at most" in page
    assert "This installation has no model" in page
    form = {
        "reason": "More of it.",
        "p0-pointer": "/covenant",
        "p0-is_tunable": "on",
        "p0-written_by_model": "5",
        "p0-longest": "200",
        "p1-pointer": "/fuzzy_match_threshold",
        "intent": "propose",
    }
    for field, value, why in (
        ("p0-written_by_model", "11", "less than or equal to 10"),
        ("p0-written_by_model", "", "say how many variants"),
        ("p0-min", "0", "a model writes texts"),
    ):
        refused = bo.post(path, {**form, field: value})
        assert refused.status_code == 422 and why in _text(refused)
    bo.post(path, form)
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.latest("created_at")
        made = proposal.revisions.get().new_constitution
    assert canonical.loads_canonical(bytes(made))["tunable"] == {"/covenant": {"written_by_model": 5, "longest": 200}}


def test_ask__a_text_that_only_a_model_writes__says_what_to_do(_today: None) -> None:
    law = {**desk.LAW, "covenant": "Be brief.", "tunable": {"/covenant": {"written_by_model": 3}}}
    cast = desk.cast(law=law, served=1)
    bo = client_of(cast.bo)
    assert "Only a model writes variants of it." in _text(bo.get(f"{HOME}ask/?system={desk.NAME}"))
    assert "this installation has none" in _text(bo.get(f"{HOME}plan/?system={desk.NAME}"))
