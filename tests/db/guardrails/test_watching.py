"""An amendment is watched, and undone where it does harm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dreams.guardrails import answering, looking, reading, settings, watching
from dreams.guardrails.answering import NotWatched
from dreams.guardrails.models import Watch
from dreams.guardrails.triggers import DEFAULTS, Reaction, Rule, Trigger
from governance.amendments import actions as amendments
from governance.amendments import caught
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import AmendmentProposal
from governance.audit import queries as audit
from governance.audit.verify import verify
from governance.errors import Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.guardrails import desk
from tests.db.guardrails.desk import APPLIED, BAD, GOOD, LOOK, Done
from tests.db.router import desk as router


def _verified(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        report = verify(audit.records(cast.ada))
    assert report.is_verified, [str(finding) for finding in report.findings]


def _entry(cast: make.Cast, name: str) -> LedgerEntry:
    with in_tenant(cast.tenant.id):
        return LedgerEntry.objects.filter(tenant_id=cast.tenant.id, action_name=name).latest("sequence")


def _told(cast: make.Cast, kind: str = "guardrail") -> list[str]:
    with in_tenant(cast.tenant.id):
        rows = Notice.objects.filter(tenant_id=cast.tenant.id, kind=kind)
        return sorted(set(rows.values_list("sentence", flat=True)))


def _watched(cast: make.Cast, ended: list[Done], **fields: object) -> AmendmentProposal:
    """A good past, an amendment, and what happened since; looked at before and after."""
    desk.before(cast, [Done(stars=5 if place % 4 == 0 else None) for place in range(200)])
    proposal = desk.amended(cast, **fields)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    desk.since(cast, ended)
    desk.looked(cast)
    return proposal


def _reacting(cast: make.Cast, trigger: Trigger, reaction: Reaction) -> None:
    rule = next(one for one in DEFAULTS if one.trigger is trigger)
    changed = {trigger: Rule(trigger, reaction, rule.margin, rule.least)}
    settings.change(scope=cast.ada, days=7, rules=changed, reason="We decide ourselves.", at=make.AT)


def test_success_drop__is_rolled_back_by_tars_with_what_fired__and_a_stranger_can_verify_it() -> None:
    cast = make.cast()
    proposal = _watched(cast, [BAD, GOOD] * 30)
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.acted_at) == ("rolled_back", LOOK)
    assert watch.crossing["trigger"] == "success_drop" and watch.crossing["count"] >= 20
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 500
    assert desk.amendment_of(cast, proposal).rolled_back_at == LOOK
    entry = _entry(cast, "amendments.roll_back")
    assert entry.actor_name == "TARS (autonomous)"
    assert _told(cast, "rolled_back") and not _told(cast)
    _verified(cast)


@pytest.mark.parametrize(
    ("ended", "trigger"),
    [
        ([Done(cost="0.04")] * 40, "cost_spike"),
        ([Done(stars=1)] * 12, "satisfaction_drop"),
        ([GOOD, Done("governance_blocked", section="gov.md 7.3")], "violation"),
    ],
)
def test_every_other_trigger__rolls_back_too(ended: list[Done], trigger: str) -> None:
    cast = make.cast()
    watch = desk.watch_of(cast, _watched(cast, ended))
    assert (watch.state, watch.crossing["trigger"]) == ("rolled_back", trigger)


def test_what_went_on_as_before__fires_nothing_and_ends_well() -> None:
    cast = make.cast()
    ended = [Done(stars=5 if place % 4 == 0 else None) for place in range(300)]
    proposal = _watched(cast, ended)
    assert desk.watch_of(cast, proposal).state == "watching"
    desk.looked(cast, at=APPLIED + timedelta(days=7, minutes=1))
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.crossing) == ("ended", None)
    assert desk.looked(cast, at=APPLIED + timedelta(days=8)) == 0
    assert len(watch.series) == 20 and watch.series[-1]["success_drop"] == 1.0


def test_a_section_that_it_ran_into_before__is_no_new_violation() -> None:
    cast = make.cast()
    refused = Done("governance_blocked", section="gov.md 7.3")
    desk.before(cast, [GOOD] * 40 + [refused])
    proposal = desk.amended(cast)
    desk.since(cast, [refused])
    desk.looked(cast)
    assert desk.watch_of(cast, proposal).state == "watching"


def test_without_a_past__nothing_is_compared_and_the_watch_says_so() -> None:
    cast = make.cast()
    proposal = desk.amended(cast)
    desk.since(cast, [BAD] * 100)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.judge["wealths"]) == ("watching", {})


def test_undoing_that_expands__is_asked_of_two_people() -> None:
    cast = make.cast()
    approvals = ["upload_payroll_entries", "audit", "delete"]
    desk.before(cast, [GOOD] * 200)
    proposal = desk.amended(cast, requires_approval=approvals)
    desk.since(cast, [BAD] * 40)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.acted_at) == ("asked", LOOK)
    assert "two people" in watch.because
    assert make.constitution_of(cast.bo)["requires_approval"] == approvals
    assert any("Two people must confirm it" in one for one in _told(cast, "assigned"))
    _verified(cast)


def test_what_cannot_be_rolled_back__becomes_an_urgent_question_once() -> None:
    cast = make.cast()
    desk.before(cast, [GOOD] * 200)
    proposal = desk.amended(cast)
    later = APPLIED + timedelta(minutes=30)
    make.applied(cast, at=later, fallback_delay_ms=300)
    desk.since(cast, [BAD] * 40)
    for minutes in range(3):
        desk.looked(cast, at=LOOK + timedelta(minutes=minutes))
    asked = desk.watch_of(cast, proposal)
    assert asked.state == "asked" and "Later amendments" in asked.because
    with in_tenant(cast.tenant.id):
        rows = Notice.objects.filter(tenant_id=cast.tenant.id, kind="guardrail", user_id=cast.ada.actor.user_id)
        assert list(rows.values_list("is_urgent", flat=True)) == [True]
    _verified(cast)


def test_warn_and_pause__undo_nothing__and_a_graver_trigger_still_does() -> None:
    cast = make.cast()
    _reacting(cast, Trigger.SATISFACTION, Reaction.PAUSE)
    proposal = _watched(cast, [Done(stars=1)] * 12)
    watch = desk.watch_of(cast, proposal)
    assert watch.state == "paused" and len(_told(cast)) == 1
    with in_tenant(cast.tenant.id):
        assert "waits for a decision" in answering.suspension(cast.tars, cast.system.id)
    desk.since(cast, [BAD] * 40, first=LOOK)
    desk.looked(cast, at=LOOK + timedelta(hours=1))
    assert desk.watch_of(cast, proposal).state == "rolled_back"


def test_paused__takes_the_standing_authority_away_until_somebody_resumes() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    amendments.grant_authority(
        scope=cast.ada,
        systems=[],
        pointers={"/fallback_delay_ms": 500.0},
        max_per_week=2,
        expires_at=LOOK + timedelta(days=30),
        reason="By night.",
        at=LOOK,
    )
    answering.pause(scope=cast.bo, number=proposal.number, reason="It looks odd.", at=LOOK)
    dreamt = make.proposed(cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION, at=LOOK, fallback_delay_ms=300)
    assert make.state_of(cast.bo, dreamt) == "proposed"
    answering.resume(scope=cast.bo, number=proposal.number, reason="It was the network.", at=LOOK)
    again = make.proposed(cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION, at=LOOK, fallback_delay_ms=310)
    assert make.state_of(cast.bo, again) == "applied"


def test_a_person_rolls_it_back_first__and_the_watch_says_so() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    make.rolled_back(cast.bo, proposal, at=LOOK)
    desk.looked(cast, at=LOOK + timedelta(minutes=1))
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.closed_by) == ("rolled_back", "") and watch.acted_at is None


def test_keep__ends_the_watch__and_tars_may_undo_it_no_more() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    answering.keep(scope=cast.bo, number=proposal.number, reason="We accept it.", at=LOOK)
    desk.since(cast, [BAD] * 60, first=LOOK)
    assert desk.looked(cast, at=LOOK + timedelta(hours=1)) == 0
    assert desk.watch_of(cast, proposal).state == "kept"
    with pytest.raises(NotWatched):
        answering.keep(scope=cast.bo, number=proposal.number, reason="Again.", at=LOOK)
    _verified(cast)


def test_extend__watches_longer_and_no_longer_than_ninety_days() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    watch = answering.extend(scope=cast.bo, number=proposal.number, days=7, reason="Payroll comes late.", at=LOOK)
    assert watch.ends_at == APPLIED + timedelta(days=14)
    with pytest.raises(Invalid):
        answering.extend(scope=cast.bo, number=proposal.number, days=90, reason="For ever.", at=LOOK)


@pytest.mark.parametrize("verb", [answering.keep, answering.pause, answering.resume])
def test_answers__are_for_those_who_may_roll_back_with_a_reason_in_their_own_tenant(verb: object) -> None:
    cast, stranger = make.cast(), make.stranger()
    proposal = _watched(cast, [GOOD])
    said = {"number": proposal.number, "reason": "Because.", "at": LOOK}
    for nobody in (cast.uma, cast.mel, cast.tess):
        with pytest.raises(NotAllowed):
            verb(scope=nobody, **said)  # type: ignore[operator]
    with pytest.raises(NotFound):
        verb(scope=stranger, **said)  # type: ignore[operator]
    with pytest.raises(ReasonMissing):
        verb(scope=cast.bo, **{**said, "reason": " "})  # type: ignore[operator]


def test_a_person__can_neither_look_nor_begin_nor_use_the_guardrails_rollback() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    watch = desk.watch_of(cast, proposal)
    with pytest.raises(NotAllowed):
        looking.look(scope=cast.bo, watch_id=watch.id, at=LOOK)
    with pytest.raises(NotAllowed):
        watching.begin(scope=cast.bo, amendment_id=watch.amendment_id, at=LOOK)
    with pytest.raises(NotAllowed):
        looking.roll_back_by_guardrail(scope=cast.bo, number=proposal.number, guardrail={}, reason="So.", at=LOOK)


def test_tars_without_a_watch__is_refused__and_named_by_the_verifier_where_that_is_got_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = make.cast()
    proposal = desk.amended(cast)
    with pytest.raises(NotAllowed, match="is not watched"):
        looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    monkeypatch.setattr(caught, "_checks", {"none": lambda *_: ""})
    looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    with in_tenant(cast.tenant.id):
        report = verify(audit.records(cast.ada))
    assert any("no valid confirmation" in str(finding) for finding in report.findings)


def test_two_looks_at_once__take_each_execution_in_once_and_roll_back_once() -> None:
    cast = make.cast()
    desk.before(cast, [GOOD] * 200)
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    desk.since(cast, [BAD] * 40)
    watch = desk.watch_of(cast, proposal)
    at_once(
        [lambda: desk.visited(cast, watch, at=LOOK), lambda: desk.visited(cast, watch, at=LOOK + timedelta(seconds=1))]
    )
    found = desk.watch_of(cast, proposal)
    assert found.state == "rolled_back" and found.judge["wealths"]["success_drop"]["count"] == 40
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(tenant_id=cast.tenant.id, action_name="guardrails.cross").count() == 1


def test_a_process_killed_between_crossing_and_acting__is_made_good_by_the_next_look() -> None:
    cast = make.cast()
    desk.before(cast, [GOOD] * 200)
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    desk.since(cast, [BAD] * 40)
    watch = desk.watch_of(cast, proposal)
    assert looking.look(scope=cast.tars, watch_id=watch.id, at=LOOK) == "fired"
    desk.looked(cast, at=LOOK + timedelta(minutes=1))
    assert desk.watch_of(cast, proposal).state == "rolled_back"


def test_more_than_one_look_takes_in__is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make.cast()
    monkeypatch.setattr(reading, "BATCHES", 1)
    monkeypatch.setattr(reading, "_SINCE", reading._SINCE.replace("LIMIT 5000", "LIMIT 25"))
    monkeypatch.setattr(reading, "BATCH", 25)
    proposal = _watched(cast, [GOOD] * 60)
    counts = [desk.watch_of(cast, proposal).judge["wealths"]["success_drop"]["count"]]
    for minutes in (1, 2, 3):
        desk.looked(cast, at=LOOK + timedelta(minutes=minutes))
        counts.append(desk.watch_of(cast, proposal).judge["wealths"]["success_drop"]["count"])
    assert counts == [25, 50, 60, 60]


def test_another_systems_work__counts_for_nothing() -> None:
    cast = make.cast()
    router.system(cast, "domicile", "payroll", description="Payroll")
    desk.before(cast, [GOOD] * 100)
    proposal = desk.amended(cast)
    desk.since(cast, [GOOD] * 3)
    with in_tenant(cast.tenant.id):
        other = type(cast.system).objects.get(tenant_id=cast.tenant.id, name="domicile")
    theirs = make.Cast(**{**{name: getattr(cast, name) for name in cast.__dataclass_fields__}, "system": other})
    desk.since(theirs, [BAD] * 50)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert watch.state == "watching" and watch.judge["wealths"]["success_drop"]["count"] == 3


def test_settings__are_for_those_who_grant_authority__and_hold_for_later_watches() -> None:
    cast = make.cast()
    rule = Rule(Trigger.SUCCESS, Reaction.WARN, margin=0.1, least=30)
    for nobody in (cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            settings.change(scope=nobody, days=7, rules={}, reason="So.", at=make.AT)
    with pytest.raises(Invalid) as wrong:
        bad = Rule(Trigger.SUCCESS, Reaction.WARN, margin=0.9, least=0)
        settings.change(scope=cast.ada, days=0, rules={Trigger.SUCCESS: bad}, reason="So.", at=make.AT)
    assert [pointer for pointer, _ in wrong.value.problems] == ["/rules/success_drop", "/days"]
    with pytest.raises(Invalid):
        settings.change(scope=cast.ada, days=7, rules={}, reason="Nothing new.", at=make.AT)
    settings.change(scope=cast.ada, days=14, rules={Trigger.SUCCESS: rule}, reason="Longer.", at=make.AT)
    proposal = desk.amended(cast)
    desk.looked(cast)
    watch = desk.watch_of(cast, proposal)
    assert watch.rules["success_drop"]["reaction"] == "warn" and watch.ends_at == APPLIED + timedelta(days=14)
    with in_tenant(cast.tenant.id):
        assert settings.chosen(scope=cast.bo).by_trigger[Trigger.SUCCESS] == rule
        assert Watch.objects.filter(tenant_id=cast.tenant.id).count() == 1
