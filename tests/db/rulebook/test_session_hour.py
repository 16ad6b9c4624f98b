"""The hour of a session: checked on read, renewed by who works under it, recorded once, and cleaned without consequence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.rulebook import session_actions as actions
from governance.rulebook import session_queries, session_store, session_tasks
from governance.rulebook.models import RuleSession, SessionRule
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.rulebook.sessions import NAME, READ, add, agent, decided, in_force, recorded, texts, tray


def looked(scope: Scope, minutes: float) -> bool:
    with in_tenant(scope.tenant_id, durable=True):
        return actions.looked(scope=scope, session=NAME, at=make.later(minutes))


def stored(scope: Scope) -> tuple[int, int]:
    with in_tenant(scope.tenant_id):
        return RuleSession.objects.count(), SessionRule.objects.count()


def test_in_force__until_the_hour_is_over_and_not_a_moment_longer() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    assert in_force(cast.bo, at=make.later(59.99)).texts
    over = in_force(cast.bo, at=make.later(60))
    assert (over.texts, over.guidance) == ((), ())
    assert [(end.rule, end.because, end.at) for end in over.ended] == [("no network calls", "expired", make.later(60))]
    assert texts(cast.bo, at=make.later(60)) == []


def test_in_force__takes_one_query_and_none_without_a_session() -> None:
    cast = make.cast()
    for number in range(20):
        add(cast.bo, f"no payroll.{number}")
    with in_tenant(cast.tenant.id):
        with CaptureQueriesContext(connection) as seen:
            assert len(session_store.in_force(tenant_id=cast.tenant.id, name=NAME, at=make.AT).texts) == 20
        assert len(seen) == 1
        with CaptureQueriesContext(connection) as seen:
            session_store.in_force(tenant_id=cast.tenant.id, name="", at=make.AT)
            session_store.touched(tenant_id=cast.tenant.id, name="", rule_ids=[], at=make.AT)
        assert len(seen) == 0
        with CaptureQueriesContext(connection) as seen:
            session_store.touched(tenant_id=cast.tenant.id, name=NAME, rule_ids=[f"session/{NAME}/3"], at=make.AT)
        assert len(seen) == 2


def test_decision__renews_the_hour_and_counts_uses() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    add(cast.bo, "no payroll.*")
    add(cast.bo, "be brief")
    decided(cast.bo, f"session/{NAME}/2", "gov.md/r1", "session/other/1", f"session/{NAME}/x", at=make.later(40))
    decided(cast.bo, f"session/{NAME}/1.3", f"session/{NAME}/1", at=make.later(80))
    found = tray(cast.bo, at=make.later(139))
    assert [(rule.uses, rule.last_used_at) for rule in found.rules] == [
        (1, make.later(80)),
        (1, make.later(40)),
        (2, make.later(80)),
    ]
    assert texts(cast.bo, at=make.later(140)) == []


def test_expired__is_not_revived_by_a_later_access() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    assert decided(cast.bo, at=make.later(61)) == [("no network calls", "expired")]
    assert decided(cast.bo, at=make.later(62)) == []
    assert in_force(cast.bo, at=make.later(62)).texts == ()
    assert recorded(cast.bo) == ["update", "expire"]


def test_expired__update_and_look_record_it_and_the_next_decision_is_told() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    add(cast.bo, "no payroll.*", at=make.later(61))
    assert texts(cast.bo, at=make.later(61)) == ["no payroll.*"]
    assert recorded(cast.bo) == ["update", "expire", "update"]
    assert looked(cast.bo, 200)
    assert recorded(cast.bo) == ["update", "expire", "update", "expire"]
    assert decided(cast.bo, at=make.later(201)) == [("no network calls", "expired"), ("no payroll.*", "expired")]


def test_expired__noticed_by_many_at_once__recorded_and_told_once() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    told = at_once([lambda: decided(cast.bo, at=make.later(61))] * 4)
    assert sorted(one.result for one in told) == [[], [], [], [("no network calls", "expired")]]
    assert recorded(cast.bo, "expire") == ["expire"]


def test_expired__noticed_by_a_decision_and_the_cleaner_at_once__recorded_once() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    clean = lambda: session_tasks.clean_tenant(tenant_id=cast.tenant.id, at=make.later(61))  # noqa: E731
    at_once([lambda: decided(cast.bo, at=make.later(61)), clean, clean])
    assert recorded(cast.bo, "expire") == ["expire"]


def test_look__of_who_works_renews_and_of_who_only_looks_does_not() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    assert not looked(cast.uma, 50) and not looked(cast.tess, 50)
    assert texts(cast.bo, at=make.later(60)) == []
    assert looked(cast.bo, 50) and texts(cast.bo, at=make.later(109)) == ["no network calls"]
    assert looked(agent(cast, READ), 100) and texts(cast.bo, at=make.later(159)) == ["no network calls"]
    assert not looked(make.stranger(), 100)


def test_tray__an_officers_look_on_the_page_extends_nothing() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    tray(cast.ada, at=make.later(59))
    assert texts(cast.bo, at=make.later(60)) == []


def test_clean__only_frees_space() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls")
    rule = add(cast.bo, "be brief", session="other").rule
    actions.extend_rule(scope=cast.bo, session="other", rule_id=rule.id, minutes=60, at=make.AT)
    clean = lambda at: session_tasks.clean_tenant(tenant_id=cast.tenant.id, at=at)  # noqa: E731
    assert clean(make.later(59)) == {"expired": 0, "rules": 0, "sessions": 0}
    assert clean(make.later(61)) == {"expired": 1, "rules": 0, "sessions": 0}
    assert clean(make.later(61)) == {"expired": 0, "rules": 0, "sessions": 0}, "twice does no harm"
    assert texts(cast.bo, at=make.later(61), session="other") == ["be brief"]
    assert decided(cast.bo, at=make.later(600)) == [("no network calls", "expired")], "still told"
    assert clean(make.AT + timedelta(days=2)) == {"expired": 1, "rules": 1, "sessions": 1}
    assert stored(cast.bo) == (1, 1), "an end that nobody was told of waits"
    assert clean(make.AT + timedelta(days=9)) == {"expired": 0, "rules": 1, "sessions": 1}
    assert stored(cast.bo) == (0, 0)


def test_clean__and_a_new_rule_at_once__the_rule_stays() -> None:
    cast = make.cast()
    rule = add(cast.bo, "be brief").rule
    actions.revoke_rule(scope=cast.bo, session=NAME, rule_id=rule.id, at=make.AT)
    later = make.AT + timedelta(days=2)
    told = at_once(
        [
            lambda: session_tasks.clean_tenant(tenant_id=cast.tenant.id, at=later),
            lambda: add(cast.bo, "no network calls", at=later),
        ]
    )
    assert [one.refusal for one in told] == [None, None]
    assert texts(cast.bo, at=later) == ["no network calls"]


def test_session__that_is_over__is_opened_afresh_by_whoever_comes_next() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls", system="clay-consigliere")
    add(cast.ada, "be brief", at=make.later(61))
    found = tray(cast.bo, at=make.later(61))
    assert (found.system, found.opened_by) == ("", cast.ada.actor.name)


def test_sessions__only_those_in_force_with_counts_and_one_query() -> None:
    cast = make.cast()
    add(cast.bo, "no network calls", session="a")
    add(cast.bo, "be brief", session="a")
    rule = add(cast.bo, "be brief", session="b").rule
    actions.extend_rule(scope=cast.bo, session="b", rule_id=rule.id, minutes=60, at=make.AT)
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as seen:
        rows = [session_queries.line_of(row) for row in session_queries.sessions(scope=cast.uma, at=make.later(30))]
    assert len([query for query in seen if "rule_sessions" in query["sql"]]) == 1
    assert [(row.name, row.enforced, row.guidance, row.ends_next_at) for row in rows] == [
        ("a", 1, 1, make.later(60)),
        ("b", 0, 1, make.later(120)),
    ]
    with in_tenant(cast.tenant.id):
        later = session_queries.sessions(scope=cast.uma, at=make.later(60))
        assert [row["name"] for row in later] == ["b"]
        assert [row["name"] for row in session_queries.sessions(scope=cast.uma, at=make.AT, text="NETWORK")] == ["a"]


@pytest.mark.parametrize("who", ["mel"])
def test_sessions__without_a_desk__refused(who: str) -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id), pytest.raises(Exception, match="to see sessions"):
        session_queries.sessions(scope=getattr(cast, who), at=make.AT)
