"""A night from its plan to its amendment, with a real agent that costs what its constitution says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from billing.budgets.models import HoldState, Reservation
from dreams.cycles import planning, promoting, stopping, wishes
from dreams.cycles.models import DreamRun, State
from dreams.cycles.plans import Written
from dreams.cycles.sampling import NotDreamable
from dreams.verdict.observed import Part
from governance import canonical
from governance.amendments.actions import grant_authority
from governance.amendments.kinds import State as Amended
from governance.audit import checks
from governance.drift.actions import set_state
from governance.errors import NotAllowed, NotFound
from governance.estop.actions import stop as press
from governance.jobs.models import Job, JobState
from governance.tenancy import in_tenant
from routing.connectors.actions import configure
from routing.connectors.contract import Call, OnProgress, Reply
from routing.connectors.models import Connector
from tests import factories as make
from tests.db.dreams import desk

pytestmark = pytest.mark.usefixtures("database")


def verified(cast: make.Cast) -> None:
    report = checks.run(tenant_id=cast.tenant.id, job=uuid4(), at=desk.NIGHT).report
    assert report is not None and report.is_verified, report


def test_night__a_cheaper_agent__becomes_an_amendment_that_waits_for_people() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    ended = desk.ran(cast, cycle)
    assert (ended.state, ended.stopped_because) == (State.JUDGED, "")
    dummy, *rest = desk.dreams(cast, cycle)
    assert (dummy.origin, dummy.verdict, dummy.gain_seen) == ("dummy", "hold", 0)
    (best,) = (one for one in rest if one.proposal_id)
    assert best.mutations == {"/fuzzy_match_threshold": 0.3}
    assert best.verdict == "promote" and not best.promoted_to_production
    assert best.proposal is not None and best.proposal.state == Amended.PROPOSED
    others = [one for one in rest if one.verdict == "promote" and one is not best]
    assert [one.not_proposed_because for one in others] == [promoting.SECOND] * len(others)
    assert next(one for one in rest if one.mutations == {"/fuzzy_match_threshold": 0.6}).verdict == "reject"
    verified(cast)


def test_night__its_evidence__has_the_sources_fields_and_names_the_plan() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    (best,) = (one for one in desk.dreams(cast, cycle) if one.proposal_id)
    with in_tenant(cast.tenant.id):
        evidence = best.proposal.revisions.get().evidence  # type: ignore[union-attr]
    assert evidence["dream_id"] == str(best.id)
    assert evidence["success_rate"] == 1
    assert evidence["test_runs"] == best.n_seen + best.n_held_out
    assert evidence["plan_digest"] == cycle.plan_digest
    assert "40.0 % better" in evidence["improvement"]


def test_plan__is_written_before_and_names_everything() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    stored = bytes(cycle.plan)
    assert canonical.digest_bytes(stored) == cycle.plan_digest
    written = Written.of(stored)
    assert {part: len(keys) for part, keys in written.requests.items()} == {
        Part.REGRESSION: 25, Part.FRESH: 25, Part.HELD_OUT: 50,
    }  # fmt: skip
    assert written.candidates[0].is_dummy
    assert cycle.cycle_id == f"dream-{cycle.starts_at:%Y-%m-%d-%H:%M}"
    assert desk.runs(cast, cycle) == []


def test_night__a_second_one__keeps_the_frozen_set_and_learns_from_the_first() -> None:
    cast = desk.cast()
    first = desk.planned(cast)
    desk.ran(cast, first)
    second = desk.planned(cast, at=desk.NIGHT + timedelta(days=1), seed=8)
    one, other = (Written.of(bytes(cycle.plan)).requests for cycle in (first, second))
    assert set(one[Part.REGRESSION]) == set(other[Part.REGRESSION])
    assert set(one[Part.HELD_OUT]) != set(other[Part.HELD_OUT])


def test_night__under_a_standing_authority__is_applied_by_tars_and_marked_promoted() -> None:
    cast = desk.cast()
    grant_authority(
        scope=cast.bo,
        systems=[desk.NAME],
        pointers={"/fuzzy_match_threshold": 0.5},
        max_per_week=2,
        expires_at=desk.NIGHT + timedelta(days=30),
        reason="It only saves money.",
        at=make.AT,
    )
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    (best,) = (one for one in desk.dreams(cast, cycle) if one.proposal_id)
    assert best.proposal is not None and best.proposal.state == Amended.APPLIED
    assert best.promoted_to_production and best.promoted_at is not None
    assert desk.system(cast).constitution["fuzzy_match_threshold"] == 0.3
    verified(cast)


def test_night__approved_by_people_later__is_marked_promoted_when_it_is_applied() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    (best,) = (one for one in desk.dreams(cast, cycle) if one.proposal_id)
    assert best.proposal is not None
    desk.approved(cast, best.proposal, at=desk.NIGHT + timedelta(hours=5))
    at = desk.NIGHT + timedelta(hours=6)
    assert promoting.mark_promoted(scope=cast.tars, at=at) == 1
    assert promoting.mark_promoted(scope=cast.tars, at=at) == 0
    assert next(one for one in desk.dreams(cast, cycle) if one.id == best.id).promoted_to_production


def test_night__a_worse_side__is_not_promoted() -> None:
    def fails(call: Call, told: OnProgress) -> Reply:
        document: Any = call.constitution.document
        if document["fuzzy_match_threshold"] < 0.5:
            return Reply(is_error=True, error="It matched nobody.")
        return desk.dear(call, told)

    cast = desk.cast(fails)
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    assert all(one.proposal_id is None for one in desk.dreams(cast, cycle))


def test_night__killed_in_the_middle__goes_on_and_asks_nothing_twice() -> None:
    asked: list[str] = []

    def counted(call: Call, told: OnProgress) -> Reply:
        asked.append(call.idempotency_key)
        return desk.dear(call, told)

    cast = desk.cast(counted)
    cycle = desk.planned(cast)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.ran(cast, cycle, progress=dies)
    assert desk.now(cast, cycle).state == State.RUNNING
    assert len(desk.runs(cast, cycle)) == 10 * 5
    ended = desk.ran(cast, cycle)
    assert ended.state == State.JUDGED
    assert len(asked) == len(set(asked)) == len(desk.runs(cast, cycle)) == ended.runs


def test_night__longer_than_a_job__goes_on_in_the_next() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle, seconds=0)
    assert desk.now(cast, cycle).state == State.RUNNING
    with in_tenant(cast.tenant.id):
        assert Job.objects.filter(key=f"dream/{cycle.id}/2", state=JobState.QUEUED).exists()


def test_night__twice__changes_nothing() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    before = [(one.id, one.outcome, one.proposal_id) for one in desk.dreams(cast, cycle)]
    desk.ran(cast, cycle)
    assert before == [(one.id, one.outcome, one.proposal_id) for one in desk.dreams(cast, cycle)]


def test_night__its_money__is_set_aside_and_charged() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    ended = desk.ran(cast, cycle)
    with in_tenant(cast.tenant.id):
        hold = Reservation.objects.get(id=ended.hold_id)
    assert hold.state == HoldState.SETTLED
    assert ended.spent_usd > 0
    assert str(ended.spent_usd.normalize()) in str(hold.actual)


def test_night__budget_used__ends_and_is_judged_by_what_was_seen() -> None:
    from decimal import Decimal

    from dreams.cycles import settings as nights

    cast = desk.cast()
    nights.change(scope=cast.bo, reason="Less.", changes={"budget_usd": Decimal("2.5")}, at=make.AT)
    ended = desk.ran(cast, desk.planned(cast))
    assert (ended.state, ended.stop_code) == (State.JUDGED, "budget")
    assert 0 < ended.spent_usd <= Decimal("2.5")


def test_night__nothing_set_aside_and_requests_that_cost__asks_nothing() -> None:
    from decimal import Decimal

    from dreams.cycles import settings as nights

    cast = desk.cast(served=0)
    desk.serve(cast, 100, cost=Decimal("0.05"))
    nights.change(scope=cast.bo, reason="For nothing.", changes={"budget_usd": Decimal(0)}, at=make.AT)
    cycle = desk.planned(cast)
    ended = desk.ran(cast, cycle)
    assert (ended.state, ended.stop_code, ended.spent_usd) == (State.JUDGED, "budget", 0)
    assert desk.runs(cast, cycle) == []


@pytest.mark.parametrize("which", ["estop", "drift", "moved"])
def test_night__stopped_from_outside__is_invalid_and_proposes_nothing(which: str) -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    halfway: list[int] = []

    def meanwhile(*_: Any) -> None:
        if halfway:
            return
        halfway.append(1)
        if which == "estop":
            press(scope=cast.sam, system_name=desk.NAME, reason="It went wild.", at=desk.NIGHT)
        elif which == "drift":
            set_state(scope=cast.ada, system_name=desk.NAME, state="HOLD", reason="It drifts.", at=desk.NIGHT)
        else:
            desk.moved(cast, at=desk.NIGHT)

    ended = desk.ran(cast, cycle, progress=meanwhile)
    assert (ended.state, ended.stop_code) == (State.STOPPED, which)
    assert {(one.verdict, one.rule) for one in desk.dreams(cast, cycle)} == {("invalid", "protocol")}
    assert all(one.proposal_id is None for one in desk.dreams(cast, cycle))
    verified(cast)


def test_night__past_its_deadline__ends_before_it_asks() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    ended = desk.ran(cast, cycle, at=cycle.deadline_at + timedelta(minutes=1))
    assert (ended.state, ended.stop_code) == (State.JUDGED, "deadline")
    assert desk.runs(cast, cycle) == []


def test_night__called_off_by_a_person__is_stopped() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)

    assert desk.ran(cast, cycle, progress=desk.called_off).stop_code == "person"


def test_stop__before_it_began__never_begins() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    stopping.stop(scope=cast.bo, cycle_id=cycle.cycle_id, reason="Not tonight.", at=desk.NIGHT)
    assert desk.ran(cast, cycle).state == State.STOPPED
    assert desk.runs(cast, cycle) == []
    with pytest.raises(stopping.NightOver):
        stopping.stop(scope=cast.bo, cycle_id=cycle.cycle_id, reason="Again.", at=desk.NIGHT)


def test_plan__by_a_wrong_role_or_a_stranger__is_refused() -> None:
    cast, other = desk.cast(served=0), make.cast()
    with pytest.raises(NotAllowed):
        planning.plan(scope=cast.uma, system_name=desk.NAME, at=desk.NIGHT)
    with pytest.raises(NotFound):
        planning.plan(scope=other.bo, system_name=desk.NAME, at=desk.NIGHT)


def test_plan__too_few_requests__says_how_many_it_needs() -> None:
    cast = desk.cast(served=40)
    with pytest.raises(NotDreamable, match="needs 82"):
        desk.planned(cast)


def test_plan__while_one_is_open__is_refused() -> None:
    cast = desk.cast()
    desk.planned(cast)
    with pytest.raises(NotDreamable, match="not over yet"):
        desk.planned(cast, seed=9)


def test_plan__an_agent_that_may_write_in_dreams__has_nothing_that_a_dream_may_repeat() -> None:
    with pytest.raises(NotDreamable, match="has 0 recorded requests"):
        desk.planned(desk.cast(simulates=False))


def test_night__the_agent_simulates_no_longer__comes_to_no_pair_and_is_invalid() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    with in_tenant(cast.tenant.id):
        target = Connector.objects.get(tenant_id=cast.tenant.id, system__name=desk.NAME).target
    configure(
        scope=cast.bo, system_name=desk.NAME, deployment_type="local", kind="callable", target=target, at=desk.NIGHT
    )
    desk.ran(cast, cycle)
    assert {one.verdict for one in desk.dreams(cast, cycle)} <= {"invalid", "hold"}
    assert {one.ran["status"] for one in desk.runs(cast, cycle)} == {"refused"}


def test_wish__is_dreamed_and_named() -> None:
    cast = desk.cast()
    wish = wishes.ask(
        scope=cast.bo, system_name=desk.NAME, changes={"/fuzzy_match_threshold": 0.4}, note="Try it.", at=make.AT
    )
    cycle = desk.planned(cast)
    first = desk.dreams(cast, cycle)[1]
    assert (first.origin, first.mutations) == ("person", {"/fuzzy_match_threshold": 0.4})
    with in_tenant(cast.tenant.id):
        wish.refresh_from_db()
        assert wish.dream_id == first.id


def test_bar__never_again__does_not_come_back() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    best = next(one for one in desk.dreams(cast, cycle) if one.proposal_id)
    wishes.bar(scope=cast.ada, dream_id=best.id, reason="We want exact matches.", at=desk.NIGHT)
    with pytest.raises(wishes.Barred):
        wishes.bar(scope=cast.ada, dream_id=best.id, reason="Twice.", at=desk.NIGHT)
    after = desk.planned(cast, at=desk.NIGHT + timedelta(days=1), seed=9)
    assert all(one.mutations != best.mutations for one in desk.dreams(cast, after))


def test_rolled_back__promotion__is_barred_without_anybody_saying_so() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    best = next(one for one in desk.dreams(cast, cycle) if one.proposal_id)
    assert best.proposal is not None
    desk.approved(cast, best.proposal, at=desk.NIGHT + timedelta(hours=1))
    make.rolled_back(cast.bo, best.proposal, at=desk.NIGHT + timedelta(hours=2))
    after = desk.planned(cast, at=desk.NIGHT + timedelta(days=1), seed=9)
    assert all(one.mutations != best.mutations for one in desk.dreams(cast, after))


def test_runs__are_kept_with_their_answers() -> None:
    cast = desk.cast()
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    with in_tenant(cast.tenant.id):
        run = DreamRun.objects.filter(night=cycle, dream=None).first()
    assert run is not None and run.ran["output"]["found"].startswith("Audit the payroll")
