from __future__ import annotations

import pytest

from governance.drift import queries
from governance.drift.actions import NoSuchState, SameState, set_state
from governance.drift.models import DriftState, DriftWord
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


def test_set__by_hand__goes_from_any_state_to_any_other(cast: make.Cast) -> None:
    for number, word in enumerate([*DriftWord.values, *reversed(DriftWord.values[:-1])][1:]):
        put(cast.sam, word, minutes=number + 1)
        assert state(cast) == word


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
