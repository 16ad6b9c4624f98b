"""Guardrails under what goes wrong: killed, twice, late, out of order, answered by people in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dreams.guardrails import answering, looking, settings, watching
from dreams.guardrails.models import Watch
from dreams.guardrails.triggers import DEFAULTS, Reaction, Rule, Trigger
from governance.amendments.models import AmendmentProposal
from governance.errors import Invalid
from governance.ids import first_id
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.guardrails import desk
from tests.db.guardrails.desk import APPLIED, BAD, GOOD, LOOK, Done

SOON = APPLIED + timedelta(seconds=30)


def _watched(cast: make.Cast) -> AmendmentProposal:
    desk.before(cast, [Done(stars=5 if place % 4 == 0 else None) for place in range(200)])
    proposal = desk.amended(cast)
    desk.looked(cast, at=SOON)
    return proposal


def _choose(cast: make.Cast, trigger: Trigger, reaction: Reaction) -> None:
    rule = next(one for one in DEFAULTS if one.trigger is trigger)
    rules = {trigger: Rule(trigger, reaction, rule.margin, rule.least)}
    settings.change(scope=cast.ada, days=None, rules=rules, reason="We decide.", at=make.AT)


def _told(cast: make.Cast) -> list[str]:
    with in_tenant(cast.tenant.id):
        rows = Notice.objects.filter(tenant_id=cast.tenant.id, kind="guardrail", user_id=cast.ada.actor.user_id)
        return list(rows.order_by("at").values_list("sentence", flat=True))


def test_paused_by_a_person__a_warning_does_not_let_tars_go_on() -> None:
    cast = make.cast()
    _choose(cast, Trigger.SUCCESS, Reaction.WARN)
    proposal = _watched(cast)
    answering.pause(scope=cast.bo, number=proposal.number, reason="It looks odd.", at=SOON)
    desk.since(cast, [BAD] * 40)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.crossing["reaction"]) == ("paused", "warn")


def test_killed_after_undoing__the_next_look_says_that_tars_did_it() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.since(cast, [BAD] * 40)
    watch = desk.watch_of(cast, proposal)
    assert looking.look(scope=cast.tars, watch_id=watch.id, at=LOOK) == "fired"
    looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    desk.looked(cast, at=LOOK + timedelta(minutes=1))
    found = desk.watch_of(cast, proposal)
    assert (found.state, found.closed_by, found.acted_at) == ("rolled_back", "TARS (autonomous)", LOOK)
    assert "success rate" in found.because


def test_undone_by_another_look_meanwhile__asks_nobody() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.since(cast, [BAD] * 40)
    watch = desk.watch_of(cast, proposal)
    looking.look(scope=cast.tars, watch_id=watch.id, at=LOOK)
    looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    assert looking.react(scope=cast.tars, watch_id=watch.id, at=LOOK + timedelta(seconds=1)) == "rolled_back"
    assert not _told(cast)


def test_watched_anew__old_ratings_count_no_more__and_a_second_crossing_is_told() -> None:
    cast = make.cast()
    _choose(cast, Trigger.SATISFACTION, Reaction.PAUSE)
    proposal = _watched(cast)
    desk.since(cast, [Done(stars=1)] * 12)
    desk.looked(cast)
    answering.resume(scope=cast.bo, number=proposal.number, reason="A wrong question.", at=LOOK)
    desk.looked(cast, at=LOOK + timedelta(minutes=1))
    assert desk.watch_of(cast, proposal).state == "watching"
    desk.since(cast, [Done(stars=1)] * 12, first=LOOK + timedelta(minutes=1))
    desk.looked(cast, at=LOOK + timedelta(hours=1))
    assert desk.watch_of(cast, proposal).state == "paused"
    assert len(_told(cast)) == 2


def test_what_cannot_be_undone__the_question_says_what_was_crossed_and_why_once() -> None:
    cast = make.cast()
    _watched(cast)
    make.applied(cast, at=APPLIED + timedelta(minutes=30), fallback_delay_ms=300)
    desk.since(cast, [BAD] * 40)
    desk.looked(cast)
    (said,) = _told(cast)
    assert "success rate was 100.0%" in said and said.count("Later amendments") == 1


def test_a_quiet_system__is_read_to_its_end_and_not_again() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.looked(cast)
    assert desk.watch_of(cast, proposal).seen_to == first_id(LOOK - timedelta(seconds=5))


def test_what_the_estop_refuses__is_no_violation_of_the_law() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.since(cast, [Done("governance_blocked", section="")] * 5)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.judge["violations"], watch.judge["executions"]) == ("watching", 0, 5)


def test_what_ends_after_the_watch__does_not_count() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    desk.since(cast, [BAD] * 40, first=APPLIED + timedelta(days=7, minutes=1))
    desk.looked(cast, at=APPLIED + timedelta(days=8))
    assert desk.watch_of(cast, proposal).state == "ended"


def test_ended_after_a_warning__does_not_say_that_nothing_was_crossed() -> None:
    cast = make.cast()
    _choose(cast, Trigger.SUCCESS, Reaction.WARN)
    proposal = _watched(cast)
    desk.since(cast, [BAD] * 40)
    desk.looked(cast)
    desk.looked(cast, at=APPLIED + timedelta(days=8))
    watch = desk.watch_of(cast, proposal)
    assert watch.state == "ended" and "success rate" in watch.because and "Nothing" not in watch.because


def test_extended_when_it_was_over__counts_from_now() -> None:
    cast = make.cast()
    proposal = _watched(cast)
    answering.pause(scope=cast.bo, number=proposal.number, reason="It looks odd.", at=SOON)
    late = APPLIED + timedelta(days=20)
    watch = answering.extend(scope=cast.bo, number=proposal.number, days=3, reason="Once more.", at=late)
    assert watch.ends_at == late + timedelta(days=3)
    with pytest.raises(Invalid):
        answering.extend(scope=cast.bo, number=proposal.number, days=3, reason="x" * 1_001, at=late)


def test_one_that_cannot_begin__keeps_no_other_from_being_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    proposal = _watched(cast)
    make.applied(cast, at=APPLIED + timedelta(minutes=1), fallback_delay_ms=300)
    monkeypatch.setattr(watching, "begin", lambda **_: 1 / 0)
    desk.since(cast, [GOOD] * 3)
    assert desk.looked(cast) == 1
    assert desk.watch_of(cast, proposal).judge["executions"] == 3


def test_a_longer_time__does_not_reach_back_to_what_was_applied_before_there_were_watches() -> None:
    cast = make.cast()
    desk.amended(cast)
    late = APPLIED + timedelta(days=30)
    settings.change(scope=cast.ada, days=90, rules={}, reason="Longer.", at=late)
    desk.looked(cast, at=late)
    with in_tenant(cast.tenant.id):
        assert not Watch.objects.filter(tenant_id=cast.tenant.id).exists()


def test_two_that_overlap_fire_in_one_look__the_younger_is_undone_first_and_then_the_older() -> None:
    cast = make.cast()
    older = _watched(cast)
    younger = make.applied(cast, at=APPLIED + timedelta(minutes=1), fallback_delay_ms=300)
    desk.looked(cast, at=APPLIED + timedelta(seconds=70))
    desk.looked(cast, at=APPLIED + timedelta(seconds=80))
    desk.since(cast, [BAD] * 40, first=APPLIED + timedelta(minutes=2))
    desk.looked(cast)
    assert [desk.watch_of(cast, one).state for one in (younger, older)] == ["rolled_back", "rolled_back"]
