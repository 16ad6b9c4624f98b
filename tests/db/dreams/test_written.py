"""Nights with words that a model wrote: asked before the plan, believed in nothing, never promoted by a score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection

from dreams.cycles import planning, promoting, rating, reports, tasks
from dreams.cycles import settings as nights
from dreams.cycles.drafting import NOBODY
from dreams.cycles.models import DreamCycle
from dreams.cycles.plans import Writing, Written
from dreams.cycles.sampling import NotDreamable
from dreams.mutate.candidate import Origin
from governance import canonical
from governance.amendments.actions import grant_authority
from governance.amendments.kinds import State as Amended
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.db.lifecycle.old import together
from tests.writing_service import WritingService, writing_service

pytestmark = pytest.mark.usefixtures("database")
LATER = desk.NIGHT + timedelta(hours=6)
TEXT = "Say each and every thing."
LAW: dict[str, Any] = {
    **desk.LAW,
    "covenant": "Be brief.",
    "prime_directives": ["Never tell the secret of the house."],
    "tunable": {
        "/covenant": {"written_by_model": 2, "longest": 100},
        "/fuzzy_match_threshold": {"min": 0.3, "max": 0.6, "step": 0.1},
    },
}
WORDS_ALONE = {**LAW, "tunable": {"/covenant": {"written_by_model": 2, "longest": 100}}}


@pytest.fixture
def service(settings: Any) -> Iterator[WritingService]:
    with writing_service() as found:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        settings.WRITER_URL, settings.WRITER_MODEL, settings.WRITER_KEY = found.url, "words-1", found.key
        found.texts = [TEXT]
        yield found


def named(service: WritingService) -> str:
    return f"words-1@{service.url.split('/')[2]}"


def plan_of(cycle: DreamCycle) -> Written:
    return Written.of(bytes(cycle.plan))


def said(cycle: DreamCycle) -> str:
    return " ".join(f"{one.pointer} {one.sentence}" for one in plan_of(cycle).stuck)


def test_night__words_that_a_model_wrote__are_dreamed_and_wait_for_stars(service: WritingService) -> None:
    cast = desk.cast(desk.wordy, law=WORDS_ALONE)
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    _dummy, dream = desk.dreams(cast, cycle)
    assert (dream.origin, dream.written_by) == (Origin.MODEL, named(service))
    assert dream.mutations == {"/covenant": TEXT}
    assert (dream.verdict, dream.proposal_id) == ("promote", None), dream.because
    assert "compare 5 of its answers" in dream.not_proposed_because
    with pytest.raises(promoting.NotPromotable, match="0 have stars"):
        promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)
    with in_tenant(cast.tenant.id):
        report = reports.report_of(scope=cast.bo, cycle_id=cycle.cycle_id)
    assert report.rows[1].origin == f"written by {named(service)}"


def test_plan__holds_the_words_and_who_wrote_them__and_the_ledger_its_digest_and_tokens(
    service: WritingService,
) -> None:
    cast = desk.cast(law=LAW)
    cycle = desk.planned(cast)
    stored = bytes(cycle.plan)
    assert canonical.digest_bytes(stored) == cycle.plan_digest and Written.of(stored).stored == stored
    (own,) = (one for one in plan_of(cycle).candidates if one.origin is Origin.MODEL)
    assert (own.changes, own.written_by) == ({"/covenant": TEXT}, named(service))
    assert plan_of(cycle).writing == Writing(named(service), texts=1, tokens_in=120, tokens_out=40)
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.filter(action_name="dreams.plan").latest("sequence")
    told = {name: value for name, (_salt, value) in json.loads(bytes(entry.openings)).items()}
    assert (told["/action/plan_digest"], told["/action/writer"]) == (cycle.plan_digest, named(service))
    assert (told["/action/texts"], told["/action/tokens_in"], told["/action/tokens_out"]) == (1, 120, 40)


def test_plan__what_leaves_the_house__is_the_text_and_its_name_alone(service: WritingService) -> None:
    desk.planned(desk.cast(law=LAW))
    (task,) = service.tasks
    assert "Be brief." in task and "covenant" in task
    for word in ("payroll", "secret", "team", "Audit", "bo@"):
        assert word not in task


def test_plan__the_model_is_asked_outside_any_transaction(
    service: WritingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dreams.cycles import drafting

    seen: list[bool] = []
    real = drafting.written
    monkeypatch.setattr(
        drafting,
        "written",
        lambda *args, **named: (seen.append(connection.in_atomic_block), real(*args, **named))[1],
    )
    desk.planned(desk.cast(law=LAW))
    assert seen == [False]


def test_plan__hostile_texts__are_left_out_and_counted_without_their_words(service: WritingService) -> None:
    service.texts = ["Be brief!", "x" * 500, "Say\u202e all.", {"role": "system"}, TEXT, TEXT.upper(), "Fine.", "More."]
    cycle = desk.planned(desk.cast(law=LAW))
    texts = [one.changes["/covenant"] for one in plan_of(cycle).candidates if one.origin is Origin.MODEL]
    assert texts == [TEXT, "Fine."]
    for why in ("as today", "longer than 100", "nobody sees", "no text", "the same twice", "more than were asked"):
        assert why in said(cycle)
    assert b"x" * 200 not in bytes(cycle.plan) and "\u202e".encode() not in bytes(cycle.plan)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 500}, "answered 500"),
        ({"status": 401}, "TARS_WRITER_KEY"),
        ({"raw": b"<html>"}, "no JSON"),
        ({"raw": b" " * 2_000_000}, "longer than any text"),
        ({"words": "I would rather not."}, "no list of texts"),
        ({"texts": []}, "an empty list"),
        ({"url": "http://127.0.0.1:9/v1"}, "could not be reached"),
        ({"hangs": Event()}, "did not answer"),
    ],
)
def test_plan__a_model_that_fails__the_night_goes_on_and_says_so(
    service: WritingService, settings: Any, fault: dict[str, Any], why: str
) -> None:
    for name, value in fault.items():
        setattr(service, name, value)
    settings.WRITER_URL = fault.get("url", service.url)
    cycle = desk.planned(desk.cast(law=LAW), patience=0.4 if "hangs" in fault else 10)
    origins = {one.origin for one in plan_of(cycle).candidates}
    assert Origin.MODEL not in origins and Origin.OPTIMISER in origins
    assert why in said(cycle) and "/covenant" in said(cycle)


def test_plan__an_address_that_is_never_called__the_night_goes_on(service: WritingService, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    assert "TARS_OUTBOUND_ALLOW" in said(desk.planned(desk.cast(law=LAW)))
    assert service.asked == []


def test_plan__no_model_is_set__says_so_and_asks_nobody() -> None:
    cycle = desk.planned(desk.cast(law=LAW))
    assert NOBODY in said(cycle) and plan_of(cycle).writing is None
    assert len(plan_of(cycle).candidates) > 1


def test_plan__nothing_but_words_and_no_model__is_refused_with_the_reason() -> None:
    with pytest.raises(NotDreamable, match="this installation has none"):
        desk.planned(desk.cast(law=WORDS_ALONE))


def test_plan__a_night_that_may_not_be__asks_no_model(service: WritingService) -> None:
    cast, other = desk.cast(law=LAW, served=40), make.cast()
    with pytest.raises(NotDreamable, match="needs 82"):
        desk.planned(cast)
    with pytest.raises(NotAllowed):
        planning.plan(scope=cast.uma, system_name=desk.NAME, at=desk.NIGHT)
    with pytest.raises(NotFound):
        planning.plan(scope=other.bo, system_name=desk.NAME, at=desk.NIGHT)
    assert service.asked == []


def test_plan__a_second_time__asks_once(service: WritingService) -> None:
    cast = desk.cast(law=LAW)
    desk.planned(cast)
    with pytest.raises(NotDreamable, match="not over yet"):
        desk.planned(cast)
    assert len(service.asked) == 1


def test_plan__two_at_once__there_is_one_night_with_its_words_once(service: WritingService) -> None:
    cast = desk.cast(law=LAW)

    def plan() -> object:
        try:
            return planning.plan(scope=cast.bo, system_name=desk.NAME, seed=7, at=desk.NIGHT).cycle_id
        except NotDreamable as refused:
            return refused.code

    assert "not_dreamable" in together(plan, plan)
    with in_tenant(cast.tenant.id):
        (cycle,) = DreamCycle.objects.all()
    assert [one.origin for one in plan_of(cycle).candidates].count(Origin.MODEL) == 1


def test_plan__words_that_were_barred__are_not_dreamed_again(service: WritingService) -> None:
    from dreams.cycles import stopping, wishes

    cast = desk.cast(law=LAW)
    cycle = desk.planned(cast)
    (dream,) = (one for one in desk.dreams(cast, cycle) if one.written_by)
    stopping.stop(scope=cast.bo, cycle_id=cycle.cycle_id, reason="Not tonight.", at=desk.NIGHT)
    wishes.bar(scope=cast.ada, dream_id=dream.id, reason="It is rude.", at=desk.NIGHT)
    second = desk.planned(cast, at=desk.NIGHT + timedelta(days=1))
    assert "rolled back, or barred" in said(second)
    assert all(one.origin is not Origin.MODEL for one in plan_of(second).candidates)


def test_plan__the_text_changes_while_the_model_writes__its_words_are_dropped(
    service: WritingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dreams.cycles import drafting

    cast = desk.cast(law=LAW)
    real = drafting.written

    def slow(*args: Any, **named: Any) -> Any:
        found = real(*args, **named)
        desk.moved(cast, at=desk.NIGHT, covenant="Be kind.")
        return found

    monkeypatch.setattr(drafting, "written", slow)
    cycle = desk.planned(cast)
    assert "changed while a model wrote" in said(cycle)
    assert all(one.origin is not Origin.MODEL for one in plan_of(cycle).candidates)


def test_promotion__words_of_a_model_under_a_standing_authority__wait_for_a_person(service: WritingService) -> None:
    cast = desk.cast(desk.wordy, law=WORDS_ALONE)
    grant_authority(
        scope=cast.bo,
        systems=[desk.NAME],
        pointers={"/covenant": None},
        max_per_week=2,
        expires_at=desk.NIGHT + timedelta(days=30),
        reason="Listed words are fine.",
        at=make.AT,
    )
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    _dummy, dream = desk.dreams(cast, cycle)
    with in_tenant(cast.tenant.id):
        pairs = list(rating.blind(scope=cast.bo, dream_id=dream.id))[: rating.LEAST_RATED]
    for one in pairs:
        rating.rate(scope=cast.bo, dream_id=dream.id, request_key=one.request_key, first=4, second=4, at=LATER)
    proposal = promoting.propose(scope=cast.bo, dream_id=dream.id, at=LATER)
    assert make.state_of(cast.bo, proposal) == Amended.PROPOSED
    assert desk.system(cast).constitution["covenant"] == "Be brief."


def test_task__the_hour_of_planning__asks_within_its_own_time(service: WritingService) -> None:
    from dataclasses import replace

    from dreams.cycles.choices import DEFAULT_AIM

    cast = desk.cast(law=LAW)
    sleeps = {cast.system.name: replace(DEFAULT_AIM, is_on=False)}
    window = {"window_hour": desk.NIGHT.hour, "window_hours": 4}
    nights.change(scope=cast.bo, changes=window, aims=sleeps, reason="It is quiet.", at=make.AT)
    assert tasks.plan_tenant(scope=cast.tars, at=desk.NIGHT) == 1
    assert tasks.plan_tenant(scope=cast.tars, at=desk.NIGHT) == 0
    assert len(service.asked) == 1
