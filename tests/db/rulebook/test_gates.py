"""Verbs of the rulebook and of sessions: strangers, wrong roles, second times, two at once (what their own files do not say)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governance.errors import NotAllowed
from governance.ledger.models import LedgerEntry
from governance.rulebook import session_actions as sessions
from governance.rulebook.actions import decide, decide_many, seal_due
from governance.rulebook.actions.cases import CaseRetired, retire_case
from governance.rulebook.models import PolicyCase, SessionRule, StoredVerdict
from governance.rulebook.question import Question
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.rulebook.sessions import NAME, add
from tests.db.rulebook.test_cases import saved

ME = "clay-consigliere"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def many(scope: Scope) -> Any:
    asked = [Question(ME, "payroll"), Question(ME, "launch_rocket")]
    return decide_many(scope=scope, questions=asked, at=make.AT)


def sealed(cast: make.Cast) -> int:
    return seal_due(scope=tars_scope(cast.tenant.id), at=make.AT)


def kept(cast: make.Cast) -> list[StoredVerdict]:
    with in_tenant(cast.tenant.id):
        return list(StoredVerdict.objects.order_by("id"))


def recorded(cast: make.Cast, verb: str) -> int:
    with in_tenant(cast.tenant.id):
        return LedgerEntry.objects.filter(action_name=verb).exclude(event_type="refusal").count()


@pytest.mark.parametrize("name", ["uma", "mel", "tess"])
def test_decide_many__wrong_role__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        many(getattr(cast, name))
    assert kept(cast) == []


def test_decide_many__a_stranger__sees_no_such_system_and_nothing_is_kept(cast: make.Cast) -> None:
    assert [(one.verdict.outcome, one.id) for one in many(make.stranger())] == [("deny", None)] * 2
    assert kept(cast) == []


def test_decide_many__a_second_time_and_two_at_once__each_kept_with_the_same_answer(cast: make.Cast) -> None:
    many(cast.bo)
    told = at_once([lambda: many(cast.bo), lambda: many(cast.ada)])
    assert all(one.refusal is None for one in told)
    rows = kept(cast)
    assert len(rows) == 6 and len({row.sealed_in for row in rows}) == 3
    for action in ("payroll", "launch_rocket"):
        assert len({bytes(row.answer) for row in rows if row.action == action}) == 1


@pytest.mark.parametrize("name", ["bo", "ada", "sam", "tess", "uma", "mel"])
def test_seal__by_a_person__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed, match="clock"):
        seal_due(scope=getattr(cast, name), at=make.AT)


def test_seal__two_at_once_or_for_another_tenant__each_permit_once(cast: make.Cast) -> None:
    for _ in range(3):
        decide(scope=cast.bo, system_name=ME, action="payroll", facts={}, at=make.AT)
    assert seal_due(scope=tars_scope(make.stranger().tenant_id), at=make.AT) == 0
    told = at_once([lambda: sealed(cast)] * 2)
    assert sorted(one.result for one in told) in ([0, 3], [1, 2])
    assert all(row.sealed_in for row in kept(cast)) and sealed(cast) == 0


def test_retire_case__two_at_once__one_does_it(cast: make.Cast) -> None:
    case = saved(cast)
    told = at_once([lambda: retire_case(scope=cast.ada, case_id=case.id, at=make.AT)] * 2)
    assert sum(isinstance(one.result, PolicyCase) for one in told) == 1
    assert sum(isinstance(one.refusal, CaseRetired) for one in told) == 1
    assert recorded(cast, "rulebook.retire_case") == 1


@pytest.mark.parametrize("name", ["mel", "tess", "uma"])
def test_extend__wrong_role__refused(name: str, cast: make.Cast) -> None:
    rule = add(cast.bo, "no network calls").rule
    with pytest.raises(NotAllowed):
        sessions.extend_rule(scope=getattr(cast, name), session=NAME, rule_id=rule.id, minutes=15, at=make.AT)


def test_extend__a_second_time_and_two_at_once__each_adds_its_minutes(cast: make.Cast) -> None:
    rule = add(cast.bo, "no network calls").rule

    def extended() -> Any:
        return sessions.extend_rule(scope=cast.bo, session=NAME, rule_id=rule.id, minutes=15, at=make.AT).expires_at

    extended()
    told = at_once([extended, extended])
    assert sorted(one.result for one in told) == [make.later(90), make.later(105)]


def test_reset__a_second_time__ends_nothing_more(cast: make.Cast) -> None:
    add(cast.bo, "no network calls")
    for ends in (1, 0):
        assert len(sessions.reset_session(scope=cast.ada, session=NAME, at=make.AT)[1]) == ends
    assert recorded(cast, "sessions.reset") == 1


def test_reset__two_at_once__the_rules_of_one_of_them(cast: make.Cast) -> None:
    add(cast.bo, "no network calls")

    def reset(*rules: str) -> Callable[[], Any]:
        return lambda: sessions.reset_session(scope=cast.ada, session=NAME, rules=rules, at=make.AT)

    told = at_once([reset("be brief", "no payroll.*"), reset("be kind")])
    assert sorted(len(one.result[1]) for one in told) in ([1, 1], [1, 2])
    with in_tenant(cast.tenant.id):
        left = set(SessionRule.objects.filter(session__name=NAME, ended_at=None).values_list("text", flat=True))
    assert left in ({"be brief", "no payroll.*"}, {"be kind"})
