from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from governance.drift import queries, validating
from governance.drift.actions import (
    LooserByHand,
    NoAmendment,
    NoSuchMetric,
    NoSuchState,
    NotValid,
    SameState,
    SecondPerson,
    StaleRun,
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


RUN = UUID(int=1)


@contextmanager
def elicited(as_expected: int, *, asked: int = 20, minutes: float = 3, **said: Any) -> Iterator[None]:
    """A run as a slice above gives it."""
    known = {"stale": "", "hands": frozenset(), "evidence": {}, "is_consistent": as_expected > 0.95 * asked, **said}

    def read(*, run: UUID, **_: Any) -> validating.Elicited:
        return validating.Elicited(run, make.later(minutes), asked, as_expected, **known)

    before = list(validating._runs)
    validating.register_elicitation(read)
    try:
        yield
    finally:
        validating._runs[:] = before


def check(scope: Scope, as_expected: int, *, at: datetime | None = None, **said: Any) -> DriftState:
    known = {"scope": scope, "system_name": "clay-consigliere", "reason": "The suite."}
    with elicited(as_expected, **said):
        return validate(**known, run=RUN, at=at or make.later(4))


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
    assert check(cast.bo, as_expected).state == after == state(cast)
    with pytest.raises(WrongState):
        check(cast.bo, 20)


def test_validate__a_run_of_less_than_the_suite__refused(cast: make.Cast) -> None:
    recovering(cast)
    with pytest.raises(TooFewScenarios, match="19 scenarios"):
        check(cast.bo, 19, asked=19)
    assert state(cast) == "RECOVERY"


def test_validate__a_run_that_says_nothing_about_today__refused(cast: make.Cast) -> None:
    recovering(cast)
    with pytest.raises(StaleRun, match="was made before clay-consigliere came into RECOVERY"):
        check(cast.bo, 20, minutes=1.5)
    with pytest.raises(StaleRun, match="older than 24 hours"):
        check(cast.bo, 20, at=make.later(3) + timedelta(hours=24, seconds=1))
    with pytest.raises(StaleRun, match="The law was changed"):
        check(cast.bo, 20, stale="The law was changed after this run.")
    assert state(cast) == "RECOVERY"


def test_validate__who_acknowledged_or_changed_what_is_expected__lets_somebody_else_do_it(cast: make.Cast) -> None:
    recovering(cast)
    with pytest.raises(SecondPerson, match=r"You acknowledged this hold, so somebody else .* ask one of the 3 others"):
        check(cast.ada, 20)
    with pytest.raises(SecondPerson, match="You changed what is expected"):
        check(cast.bo, 20, hands=frozenset({cast.users["bo"].id}))
    others = frozenset(cast.users[name].id for name in ("bo", "cy"))
    with pytest.raises(SecondPerson, match="ask the other person who may"):
        check(cast.ada, 20, hands=others)
    assert check(cast.sam, 20, hands=others).state == "NORMAL"


def test_validate__where_nobody_else_may__who_acknowledged_does_it(cast: make.Cast) -> None:
    recovering(cast)
    hands = frozenset(cast.users[name].id for name in ("bo", "cy", "sam"))
    assert check(cast.ada, 20, hands=hands).state == "NORMAL"


def test_validate__that_it_failed__anybody_who_may_says_so(cast: make.Cast) -> None:
    recovering(cast)
    assert check(cast.ada, 10).state == "DEGRADED"


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
    verbs = (acknowledge, partial(validate, run=RUN), override, rearm, reset_baseline)
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
