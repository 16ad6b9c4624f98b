from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.learning import considering, refreshing
from routing.learning.actions import accept, change_settings, refuse
from routing.learning.models import RequestCluster, State
from routing.lifecycle import ageing, moving
from routing.router.actions import edit_rule, switch_rule
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.router import desk as router
from tests.db.routing.learning import desk


@pytest.fixture
def cast() -> make.Cast:
    return desk.cast()


def rules(cast: make.Cast) -> list[RoutingRule]:
    with in_tenant(cast.tenant.id):
        return list(RoutingRule.objects.filter(tenant_id=cast.tenant.id).order_by("created_at", "id"))


def test_fifty_alike__proposed_with_the_evidence(cast: make.Cast) -> None:
    ids = desk.done(cast.tars, desk.texts(46), stars=5)
    ids += desk.done(cast.tars, desk.texts(4), status="failed", at=make.later(6), cost=Decimal("0.20"))
    found = desk.learn(cast)
    (row,) = desk.proposals(cast.tars)
    assert found.considered.counted == 50 and found.waiting == 1
    assert row.state == State.WAITING and row.pattern in desk.texts(5)
    assert row.recommended_system.name == "domicile" and row.action == "payroll"
    assert (row.based_on_executions, row.seen, row.success_rate) == (50, 50, Decimal("0.92"))
    assert row.avg_cost_usd == Decimal("0.108") and row.avg_duration_ms == 1000
    assert Decimal("0.80") < row.confidence_score < row.success_rate
    assert row.ranking[0]["avg_stars"] == "5.00" and "succeeded in 92 % of 50" in row.explanation
    assert set(row.examples) <= set(ids) and len(row.examples) == 6
    assert rules(cast) == [], "nothing is in force without a review"


def test_forty_nine__not_yet__and_the_fiftieth_of_the_next_night_counts_with_them(cast: make.Cast) -> None:
    desk.done(cast.tars, desk.texts(49))
    assert desk.learn(cast).tally.proposed == [] and desk.proposals(cast.tars) == []
    desk.done(cast.tars, desk.texts(1), at=make.later(70))
    assert len(desk.learn(cast, nights=1, minutes=80).tally.proposed) == 1


def test_the_same_night_again__and_two_at_once__nothing_is_counted_twice(cast: make.Cast) -> None:
    desk.done(cast.tars, desk.texts(60))
    told = at_once([lambda: desk.learn(cast), lambda: desk.learn(cast)])
    assert [one.refusal for one in told] == [None, None]
    assert desk.learn(cast).is_done_already
    desk.learn(cast, nights=1)
    with in_tenant(cast.tenant.id):
        (cluster,) = RequestCluster.objects.filter(tenant_id=cast.tenant.id)
        assert cluster.seen == 60 and len(set(cluster.members)) == 60
    assert len(desk.proposals(cast.tars)) == 1


def test_killed_between_batches__goes_on_where_it_was(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.done(cast.tars, desk.texts(60))
    monkeypatch.setattr(considering, "BATCH", 25)
    real, calls = considering._count, []

    def killed(*args: object, **more: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(considering, "_count", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.learn(cast)
    assert desk.learn(cast).considered.looked_at == 35
    assert desk.proposals(cast.tars)[0].seen == 60


def test_a_kind_that_grows__keeps_its_newest_members_in_their_order(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(considering, "BATCH", 4)
    monkeypatch.setattr(considering, "MOST_MEMBERS", 6)
    first = desk.done(cast.tars, desk.texts(15))
    desk.learn(cast)
    with in_tenant(cast.tenant.id):
        kind = RequestCluster.objects.get(tenant_id=cast.tenant.id)
        assert (kind.seen, kind.members) == (15, first[-6:])
    later = desk.done(cast.tars, desk.texts(3), at=make.later(70))
    desk.learn(cast, nights=1, minutes=80)
    with in_tenant(cast.tenant.id):
        again = RequestCluster.objects.get(tenant_id=cast.tenant.id)
    assert (again.id, again.seen, again.members) == (kind.id, 18, [*first[-3:], *later])
    assert again.first_at == kind.first_at and again.last_at > kind.last_at
    assert again.centre == pytest.approx(kind.centre, abs=0.1)


def test_more_than_a_night_holds__the_newest_are_looked_at_and_it_says_so(cast: make.Cast) -> None:
    desk.done(cast.tars, desk.texts(60))
    found = desk.learn(cast, most=20).considered
    assert (found.looked_at, found.passed_over) == (20, 40)


def test_other_model__other_tenant__no_system_called__not_counted(cast: make.Cast) -> None:
    other = desk.cast()
    desk.done(cast.tars, desk.texts(60), model="other@1")
    desk.done(cast.tars, desk.texts(60), path=[], at=make.later(6))
    desk.done(other.tars, desk.texts(60))
    found = desk.learn(cast)
    assert found.considered.looked_at == 120 and found.considered.counted == 0 and desk.proposals(cast.tars) == []


def test_person_s_rule_covers_them__nothing_is_proposed_and_the_rule_is_untouched(cast: make.Cast) -> None:
    router.written(cast.bo, "Book a meeting room in Boston", "notion")
    before = rules(cast)
    desk.done(cast.tars, desk.texts(60))
    assert desk.learn(cast).tally.covered == 1 and desk.proposals(cast.tars) == []
    assert [one.__dict__ | {"_state": 0} for one in rules(cast)] == [one.__dict__ | {"_state": 0} for one in before]


def test_written_while_it_waits__withdrawn(cast: make.Cast) -> None:
    desk.proposed(cast)
    router.written(cast.bo, "Book a meeting room in Boston", "notion", minutes=61)
    assert desk.learn(cast, nights=1, minutes=70).tally.withdrawn == 1
    (row,) = desk.proposals(cast.tars)
    assert row.state == State.WITHDRAWN and "covers these requests" in row.because


def test_most_fail__below_the_threshold_nothing_is_proposed(cast: make.Cast) -> None:
    desk.done(cast.tars, desk.texts(30))
    desk.done(cast.tars, desk.texts(30), status="failed", at=make.later(6))
    assert desk.learn(cast).tally.unsure == 1 and desk.proposals(cast.tars) == []


@pytest.mark.parametrize("said", [{"stars": 1}, {"disputed": True}])
def test_stars_and_disputes__given_later__count(said: dict[str, object], cast: make.Cast) -> None:
    row = desk.proposed(cast)
    with in_tenant(cast.tenant.id):
        some = list(Execution.objects.filter(tenant_id=cast.tenant.id).values_list("id", flat=True)[:6])
        change = {"user_satisfaction": 1} if "stars" in said else {"disputed_at": make.later(61)}
        Execution.objects.filter(id__in=some).update(**change)
    desk.learn(cast, nights=1, minutes=62)
    (after,) = desk.proposals(cast.tars)
    assert after.confidence_score < row.confidence_score - Decimal("0.05") and after.revision == row.revision + 1


def test_the_better_one_is_recommended__the_other_is_an_alternative_with_the_reason(cast: make.Cast) -> None:
    first, second = desk.system_id(cast.tars, "domicile"), desk.system_id(cast.tars, "notion")
    desk.done(cast.tars, desk.texts(70))
    desk.done(cast.tars, desk.texts(20), "notion", status="failed", at=make.later(6))
    desk.done(cast.tars, desk.texts(10), "notion", at=make.later(7), path=[first, second])
    desk.learn(cast)
    (row,) = desk.proposals(cast.tars)
    assert row.recommended_system.name == "domicile" and row.alternative_systems == [second]
    assert [one["executions"] for one in row.ranking] == [80, 30], "called in vain counts as a failure"
    assert [one["success_rate"] for one in row.ranking] == ["0.8750", "0.3333"]
    assert row.ranking[1]["reason"] == "succeeds less often: 33 % against 88 %"


def test_same_topic_for_two_systems__told_apart__each_has_its_own_rule(cast: make.Cast) -> None:
    said = ("Find the Notion page about the budget of {}", "Check the payroll about the budget of {}")
    desk.done(cast.tars, desk.texts(60, said[0]), "notion")
    desk.done(cast.tars, desk.texts(60, said[1]), "domicile", at=make.later(6))
    change_settings(scope=cast.bo, least_similar=50, likeness=Decimal("0.50"), is_automatic=False, at=make.later(7))
    desk.learn(cast)
    with in_tenant(cast.tenant.id):
        assert RequestCluster.objects.filter(tenant_id=cast.tenant.id).count() == 1, "one kind by their likeness"
    rows = desk.proposals(cast.tars)
    assert {(one.recommended_system.name, one.pattern.split()[0]) for one in rows} == {
        ("notion", "Find"),
        ("domicile", "Check"),
    }
    assert [one.seen for one in rows] == [60, 60]
    desk.done(cast.tars, desk.texts(10, said[0]), "notion", at=make.later(70))
    desk.learn(cast, nights=1, minutes=80)
    after = desk.proposals(cast.tars)
    assert {(one.recommended_system.name, one.based_on_executions) for one in after} == {
        ("notion", 70),
        ("domicile", 60),
    }


def test_review_waits__told_once_to_who_may_write_rules(cast: make.Cast) -> None:
    desk.done(cast.tars, desk.texts(60))
    desk.done(cast.tars, desk.texts(60, "Translate the contract of {} into Spanish"), at=make.later(6))
    desk.learn(cast)
    with in_tenant(cast.tenant.id):
        rows = list(Notice.objects.filter(tenant_id=cast.tenant.id, kind="learned_rules"))
        people = {cast.users[name].pk for name in ("bo", "cy", "tess")}
        assert {one.user_id for one in rows} == people and len(rows) == 3
        assert rows[0].sentence.startswith("2 learned rules wait")


def test_refused__not_proposed_again_until_it_has_doubled(cast: make.Cast) -> None:
    row = desk.proposed(cast)
    refuse(scope=cast.bo, proposal_id=row.id, because="People decide this.", at=make.later(61))
    desk.done(cast.tars, desk.texts(59), at=make.later(62))
    assert desk.learn(cast, nights=1, minutes=63).tally.decided == 1
    desk.done(cast.tars, desk.texts(1), at=make.later(64))
    desk.learn(cast, nights=2, minutes=65)
    assert [one.state for one in desk.proposals(cast.tars)] == [State.REFUSED, State.WAITING]


def test_turned_off__not_proposed_again_until_it_has_doubled(cast: make.Cast) -> None:
    row = accept(scope=cast.bo, proposal_id=desk.proposed(cast).id, at=make.later(61))
    assert row.rule_id
    switch_rule(scope=cast.bo, rule_id=row.rule_id, is_active=False, at=make.later(62))
    assert desk.learn(cast, nights=1, minutes=63).tally.decided == 1
    desk.done(cast.tars, desk.texts(60), at=make.later(64))
    assert len(desk.learn(cast, nights=2, minutes=65).tally.proposed) == 1


def test_automatic__in_force_at_once_and_on_the_ledger(cast: make.Cast) -> None:
    change_settings(scope=cast.tess, least_similar=20, likeness=Decimal("0.80"), is_automatic=True, at=make.later(1))
    row = desk.proposed(cast, 20)
    (rule,) = rules(cast)
    assert row.state == State.ACCEPTED and row.rule_id == rule.id and row.decided_by == "TARS (autonomous)"
    assert rule.auto_generated and rule.is_active and rule.based_on_executions == 20
    assert router.chosen(cast.bo, "Book a meeting room in Tulsa").rule == rule.request_pattern
    with in_tenant(cast.tenant.id):
        names = list(LedgerEntry.objects.filter(tenant_id=cast.tenant.id).values_list("action_name", flat=True))
    assert {"learning.propose", "learning.accept", "router.learn_rule", "learning.learn"} <= set(names)
    assert not desk.learn(cast, nights=1).tally.proposed


def test_learned_rule__follows_new_executions_and_age(cast: make.Cast) -> None:
    row = accept(scope=cast.bo, proposal_id=desk.proposed(cast).id, at=make.later(61))
    desk.done(cast.tars, desk.texts(40), at=make.later(62))
    assert desk.learn(cast, nights=1, minutes=63).refreshed == 1
    (rule,) = rules(cast)
    assert rule.based_on_executions == 100 and rule.confidence_score > row.confidence_score
    assert desk.learn(cast, nights=2, at=make.later(64) + timedelta(days=90)).refreshed == 1
    assert rules(cast)[0].confidence_score < rule.confidence_score


def test_learned_rule_that_a_person_edited__is_left_alone(cast: make.Cast) -> None:
    row = accept(scope=cast.bo, proposal_id=desk.proposed(cast).id, at=make.later(61))
    assert row.rule_id
    wish = router.actions.Wish(pattern=row.pattern, system="notion")
    edit_rule(scope=cast.bo, rule_id=row.rule_id, wish=wish, at=make.later(62))
    desk.done(cast.tars, desk.texts(40), at=make.later(63))
    assert desk.learn(cast, nights=1, minutes=64).refreshed == 0
    (rule,) = rules(cast)
    assert rule.confidence_score == 1 and not rule.auto_generated


def test_some_of_a_kind_are_archived__the_night_goes_on_with_the_others(
    cast: make.Cast, tmp_path: Path, settings: Any
) -> None:
    settings.ARCHIVES = str(tmp_path)
    desk.done(cast.tars, desk.texts(30))
    desk.learn(cast)
    later = make.AT + timedelta(days=400)
    ageing.age(scope=cast.tars, at=later)
    assert moving.archive(scope=cast.tars, at=later) is not None
    desk.done(cast.tars, desk.texts(30), at=later)
    assert len(desk.learn(cast, nights=400, at=later).tally.proposed) == 1
    (row,) = desk.proposals(cast.tars)
    assert (row.based_on_executions, row.seen) == (60, 60) and row.pattern in desk.texts(5)


def test_learned_rules_that_nothing_speaks_about__are_not_looked_at_for_ever(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "MOST", 1)
    for n, said in enumerate(("Book a meeting room in {}", "Translate the contract of {} into Spanish")):
        desk.done(cast.tars, desk.texts(60, said), at=make.later(5 + n))
    desk.learn(cast)
    first, second = desk.proposals(cast.tars)
    for n, row in enumerate((first, second)):
        accept(scope=cast.bo, proposal_id=row.id, at=make.later(61 + n))
    with in_tenant(cast.tenant.id):
        kinds = RequestCluster.objects.filter(tenant_id=cast.tenant.id, members__overlap=first.examples)
        assert kinds.delete()[0] == 1
    desk.done(cast.tars, desk.texts(40, second.pattern), at=make.later(63))
    refreshed = [desk.learn(cast, nights=n, minutes=70 + n).refreshed for n in (1, 2)]
    assert refreshed == [0, 1]
