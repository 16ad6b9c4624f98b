from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError

from governance.errors import NotAllowed, NotFound
from governance.estop import queries
from governance.estop.actions import AlreadyLifted, AlreadyStopped, SamePerson, lift, stop
from governance.estop.models import EStop
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from governance.webhooks.actions import add_webhook
from governance.webhooks.models import WebhookDelivery
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.tenants.catalogue import run


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def pressed(scope: Scope, system: str | None = None, *, reason: str = "It pays twice.", minutes: float = 0) -> EStop:
    return stop(scope=scope, system_name=system, reason=reason, at=make.later(minutes))


def active(cast: make.Cast, system_id: UUID | None = None) -> queries.Stop | None:
    with in_tenant(cast.tenant.id):
        return queries.active(tenant_id=cast.tenant.id, system_id=system_id or cast.system.id)


@pytest.mark.parametrize("name", ["bo", "ada", "sam", "tess"])
def test_stop__one_person_of_any_of_four_roles__suffices(name: str, cast: make.Cast) -> None:
    made = pressed(getattr(cast, name), cast.system.name)
    found = active(cast)
    assert found is not None and (found.id, found.system, found.reason) == (
        made.id,
        cast.system.name,
        "It pays twice.",
    )


@pytest.mark.parametrize("name", ["uma", "mel"])
def test_stop__by_somebody_who_may_not__refused_and_on_the_ledger(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed, match="press the e-stop"):
        pressed(getattr(cast, name))
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="estop.stop", event_type="refusal").count() == 1
    assert active(cast) is None


def test_stop__everything__covers_every_system_and_comes_before_its_own(cast: make.Cast) -> None:
    pressed(cast.bo, cast.system.name)
    everything = pressed(cast.sam, minutes=1)
    found = active(cast)
    assert found is not None and found.id == everything.id and found.is_everything
    nowhere = active(cast, uuid4())
    assert nowhere is not None and nowhere.id == everything.id


def test_stop__of_one_system__leaves_the_others_alone(cast: make.Cast) -> None:
    pressed(cast.bo, cast.system.name)
    assert active(cast, uuid4()) is None
    with in_tenant(cast.tenant.id):
        assert queries.active(tenant_id=cast.tenant.id, system_id=None) is None


@pytest.mark.parametrize("system", ["clay-consigliere", None])
def test_stop__a_second_time__refused(system: str | None, cast: make.Cast) -> None:
    pressed(cast.bo, system)
    with pytest.raises(AlreadyStopped, match="stopped already"):
        pressed(cast.sam, system, minutes=1)


def test_stop__two_at_once__one_is_in_force(cast: make.Cast) -> None:
    found = at_once([lambda: pressed(cast.bo), lambda: pressed(cast.sam)])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["AlreadyStopped", "EStop"]
    with in_tenant(cast.tenant.id):
        assert len(queries.in_force(scope=cast.uma)) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001])
def test_stop__without_a_reason__refused(reason: str, cast: make.Cast) -> None:
    with pytest.raises(ReasonMissing):
        pressed(cast.bo, reason=reason)


def test_stop__of_what_does_not_exist__not_found(cast: make.Cast) -> None:
    for name in ("nobody", "", "a\x00b"):
        with pytest.raises(NotFound):
            pressed(cast.bo, name)


def test_stop__by_a_stranger__of_our_system__not_found(cast: make.Cast) -> None:
    with pytest.raises(NotFound):
        pressed(make.stranger(), cast.system.name)
    assert active(cast) is None


def test_stop__tells_whoever_may_press_or_lift__but_not_who_pressed(cast: make.Cast) -> None:
    add_webhook(scope=cast.tess, name="CI", url="https://ci.example.com/in", events=["estop.pressed"], at=make.AT)
    pressed(cast.bo, cast.system.name)
    with in_tenant(cast.tenant.id):
        told = set(Notice.objects.filter(kind="estop").values_list("user_id", flat=True))
        assert told == {cast.users[name].id for name in ("cy", "ada", "sam", "tess")}
        assert Notice.objects.filter(kind="estop", is_urgent=True).count() == 4
        assert WebhookDelivery.objects.filter(event="estop.pressed").count() == 1


@pytest.mark.parametrize("name", ["ada", "sam", "tess"])
def test_lift__by_somebody_else__it_runs_again_and_the_ledger_says_why(name: str, cast: make.Cast) -> None:
    made = pressed(cast.bo, cast.system.name)
    lift(scope=getattr(cast, name), stop_id=made.id, reason="The bank has confirmed.", at=make.later(5))
    assert active(cast) is None
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="estop.lift")
        stop_of = queries.stop_of(scope=cast.uma, stop_id=made.id)
    assert (entry.event_type, entry.subject) == ("estop", cast.system.name)
    assert (stop_of.lifted_at, stop_of.lifted_because) == (make.later(5), "The bank has confirmed.")


def test_lift__by_who_pressed__refused(cast: make.Cast) -> None:
    made = pressed(cast.sam)
    with pytest.raises(SamePerson, match="somebody else"):
        lift(scope=cast.sam, stop_id=made.id, reason="All is well.", at=make.later(5))
    assert active(cast) is not None


@pytest.mark.parametrize("name", ["bo", "cy", "uma", "mel", "tars"])
def test_lift__by_somebody_who_may_not__refused(name: str, cast: make.Cast) -> None:
    made = pressed(cast.sam)
    with pytest.raises(NotAllowed):
        lift(scope=getattr(cast, name), stop_id=made.id, reason="All is well.", at=make.later(5))


def test_lift__a_second_time__refused(cast: make.Cast) -> None:
    made = pressed(cast.bo)
    lift(scope=cast.sam, stop_id=made.id, reason="All is well.", at=make.later(5))
    with pytest.raises(AlreadyLifted):
        lift(scope=cast.ada, stop_id=made.id, reason="All is well.", at=make.later(6))


def test_lift__two_at_once__one_lifts(cast: make.Cast) -> None:
    made = pressed(cast.bo)
    found = at_once(
        [
            lambda: lift(scope=cast.sam, stop_id=made.id, reason="Well.", at=make.later(5)),
            lambda: lift(scope=cast.ada, stop_id=made.id, reason="Well.", at=make.later(5)),
        ]
    )
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["AlreadyLifted", "EStop"]


def test_lift__without_a_reason_or_by_a_stranger__refused(cast: make.Cast) -> None:
    made = pressed(cast.bo)
    with pytest.raises(ReasonMissing):
        lift(scope=cast.sam, stop_id=made.id, reason=" ", at=make.later(5))
    with pytest.raises(NotFound):
        lift(scope=make.stranger(), stop_id=made.id, reason="All is well.", at=make.later(5))


def test_stop__after_it_was_lifted__may_be_pressed_again(cast: make.Cast) -> None:
    made = pressed(cast.bo)
    lift(scope=cast.sam, stop_id=made.id, reason="All is well.", at=make.later(5))
    again = pressed(cast.bo, minutes=10)
    with in_tenant(cast.tenant.id):
        assert [one.id for one in queries.listed(queries.stops(scope=cast.uma))] == [again.id, made.id]
        assert [one.id for one in queries.listed(queries.stops(scope=cast.uma, is_in_force=True))] == [again.id]


@pytest.mark.parametrize("change", ["reason = 'none'", "stopped_by = 'somebody else'", "user_id = NULL"])
def test_database__rewrites_no_press(change: str, cast: make.Cast) -> None:
    pressed(cast.bo)
    with pytest.raises(DatabaseError), in_tenant(cast.tenant.id):
        run(f"UPDATE estops SET {change}")
