from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from governance.drift import queries, validating
from governance.drift.actions import (
    LooserByHand,
    NoAmendment,
    NoSuchMetric,
    NoSuchState,
    NotValid,
    SameState,
    TooFewScenarios,
    WrongState,
    acknowledge,
    override,
    rearm,
    reset_baseline,
    set_state,
    validate,
)
from governance.drift.models import DriftState
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from governance.webhooks.actions import add_webhook
from governance.webhooks.models import WebhookDelivery
from tests import factories as make
from tests.db.amendments.desk import at_once


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def put(scope: Scope, state: str, *, reason: str = "It wanders.", minutes: float = 1) -> DriftState:
    return set_state(scope=scope, system_name="clay-consigliere", state=state, reason=reason, at=make.later(minutes))


def state(cast: make.Cast) -> str:
    with in_tenant(cast.tenant.id):
        return queries.state_of(tenant_id=cast.tenant.id, system_id=cast.system.id)


def test_state__of_a_system_nobody_moved__is_normal_since_it_was_registered(cast: make.Cast) -> None:
    assert state(cast) == "NORMAL"
    with in_tenant(cast.tenant.id):
        found = queries.standing(scope=cast.uma, system=cast.system)
    assert (found.state, found.since, found.changed_by) == ("NORMAL", make.AT, "")


@pytest.mark.parametrize("name", ["sam", "ada", "bo", "tars"])
def test_set__by_those_who_may__is_the_state_and_on_the_ledger(name: str, cast: make.Cast) -> None:
    put(getattr(cast, name), "HOLD")
    assert state(cast) == "HOLD"
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="drift.set_state")
        found = queries.standing(scope=cast.uma, system=cast.system)
    assert (entry.event_type, entry.subject) == ("drift_detection", "clay-consigliere")
    assert (found.since, found.reason) == (make.later(1), "It wanders.")


@pytest.mark.parametrize("name", ["uma", "mel", "tess"])
def test_set__by_somebody_who_may_not__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed, match="set a drift state"):
        put(getattr(cast, name), "HOLD")
    assert state(cast) == "NORMAL"


def test_set__by_hand__only_into_a_stricter_state(cast: make.Cast) -> None:
    for number, word in enumerate(("MONITOR", "HOLD", "DEGRADED")):
        put(cast.sam, word, minutes=number + 1)
        assert state(cast) == word
    for word in ("NORMAL", "MONITOR", "RECOVERY", "HOLD"):
        with pytest.raises(LooserByHand, match="Apply an amendment"):
            put(cast.sam, word, minutes=9)
    assert state(cast) == "DEGRADED"


def recovering(cast: make.Cast) -> None:
    put(cast.sam, "HOLD")
    acknowledge(scope=cast.ada, system_name="clay-consigliere", reason="I looked.", at=make.later(2))


def check(scope: Scope, as_expected: int, *, asked: int = 20) -> DriftState:
    known = {"scope": scope, "system_name": "clay-consigliere", "reason": "The suite."}
    return validate(**known, asked=asked, as_expected=as_expected, at=make.later(3))


def test_acknowledge__validates_the_constitution_and_leads_to_recovery__once(cast: make.Cast) -> None:
    recovering(cast)
    assert state(cast) == "RECOVERY"
    with in_tenant(cast.tenant.id):
        said = str(bytes(LedgerEntry.objects.get(action_name="drift.acknowledge").openings))
    assert all(word in said for word in ("acknowledged", "I looked.", "schema", "rules", "sha256:"))
    with pytest.raises(WrongState, match="only HOLD can be acknowledged"):
        acknowledge(scope=cast.ada, system_name="clay-consigliere", reason="Again.", at=make.later(3))


def test_acknowledge__a_constitution_that_does_not_validate__refused(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cast.sam, "HOLD")
    monkeypatch.setitem(validating._checks, "rules", lambda document, system: [f"{system} cannot be read"])
    with pytest.raises(NotValid) as refused:
        acknowledge(scope=cast.ada, system_name="clay-consigliere", reason="I looked.", at=make.later(2))
    assert refused.value.problems == (("/constitution", "clay-consigliere cannot be read"),)
    assert state(cast) == "HOLD"


@pytest.mark.parametrize(("as_expected", "after"), [(20, "NORMAL"), (19, "DEGRADED"), (0, "DEGRADED")])
def test_validate__more_than_95_percent_of_20_scenarios__is_normal_else_degraded(
    as_expected: int, after: str, cast: make.Cast
) -> None:
    recovering(cast)
    assert check(cast.ada, as_expected).state == after == state(cast)
    with pytest.raises(WrongState):
        check(cast.ada, 20)


@pytest.mark.parametrize(("asked", "as_expected"), [(19, 19), (20, 21), (20, -1), (10**9, 1)])
def test_validate__less_than_the_suite__refused(asked: int, as_expected: int, cast: make.Cast) -> None:
    recovering(cast)
    with pytest.raises(TooFewScenarios):
        check(cast.ada, as_expected, asked=asked)
    assert state(cast) == "RECOVERY"


def test_override__takes_an_amendment_applied_since__and_is_normal(cast: make.Cast) -> None:
    put(cast.sam, "DEGRADED", minutes=1)
    known = {"scope": cast.ada, "system_name": "clay-consigliere", "reason": "Mended."}
    with pytest.raises(NoAmendment, match="no amendment was applied since"):
        override(**known, at=make.later(2))
    make.applied(cast, at=make.later(3))
    assert override(**known, at=make.later(9)).state == "NORMAL" == state(cast)
    with in_tenant(cast.tenant.id):
        said = str(bytes(LedgerEntry.objects.get(action_name="drift.override").openings))
    assert "version 2" in said and "amendment_id" in said
    with pytest.raises(WrongState):
        override(**known, at=make.later(10))


def test_ways_back__by_a_wrong_role_or_a_program_or_a_stranger__refused(cast: make.Cast) -> None:
    put(cast.sam, "HOLD")
    known: dict[str, Any] = {"system_name": "clay-consigliere", "reason": "Mine.", "at": make.later(2)}
    verbs = (acknowledge, partial(validate, asked=20, as_expected=20), override, rearm, reset_baseline)
    for verb in verbs:
        for scope in (cast.uma, cast.mel, cast.tess):
            with pytest.raises(NotAllowed):
                verb(scope=scope, **known)
        with pytest.raises(NotFound):
            verb(scope=make.stranger(), **known)
        with pytest.raises(ReasonMissing):
            verb(scope=cast.ada, **{**known, "reason": " "})
    for verb in verbs[:3]:
        with pytest.raises(NotAllowed, match="Only a person"):
            verb(scope=cast.tars, **known)
    with pytest.raises(NoSuchMetric):
        rearm(scope=cast.ada, metric="charm", **known)
    assert state(cast) == "HOLD"


def test_acknowledge__two_at_once__one_moves_it(cast: make.Cast) -> None:
    put(cast.sam, "HOLD")
    known: dict[str, Any] = {"system_name": "clay-consigliere", "reason": "Seen.", "at": make.later(2)}
    found = at_once([lambda: acknowledge(scope=cast.ada, **known), lambda: acknowledge(scope=cast.bo, **known)])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["DriftState", "WrongState"]


def test_set__to_the_state_it_is_in__refused(cast: make.Cast) -> None:
    with pytest.raises(SameState, match="NORMAL already"):
        put(cast.sam, "NORMAL")
    put(cast.sam, "HOLD")
    with pytest.raises(SameState):
        put(cast.bo, "HOLD", minutes=2)


def test_set__two_at_once__one_moves_it(cast: make.Cast) -> None:
    found = at_once([lambda: put(cast.sam, "HOLD"), lambda: put(cast.bo, "HOLD")])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["DriftState", "SameState"]
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="drift.set_state").count() == 1


@pytest.mark.parametrize("word", ["hold", "", "PANIC"])
def test_set__to_no_state__refused(word: str, cast: make.Cast) -> None:
    with pytest.raises(NoSuchState, match="NORMAL, MONITOR"):
        put(cast.sam, word)


@pytest.mark.parametrize("reason", ["", " ", "x" * 1_001])
def test_set__without_a_reason__refused(reason: str, cast: make.Cast) -> None:
    with pytest.raises(ReasonMissing):
        put(cast.sam, "HOLD", reason=reason)


def test_set__by_a_stranger__not_found(cast: make.Cast) -> None:
    with pytest.raises(NotFound):
        put(make.stranger(), "HOLD")
    assert state(cast) == "NORMAL"


def test_set__tells_who_may_set_it_and_the_programs(cast: make.Cast) -> None:
    add_webhook(scope=cast.tess, name="CI", url="https://ci.example.com/in", events=["drift.state_set"], at=make.AT)
    put(cast.sam, "HOLD")
    with in_tenant(cast.tenant.id):
        told = set(Notice.objects.filter(kind="drift").values_list("user_id", flat=True))
        assert told == {cast.users[name].id for name in ("bo", "cy", "ada")}
        assert WebhookDelivery.objects.filter(event="drift.state_set").count() == 1
