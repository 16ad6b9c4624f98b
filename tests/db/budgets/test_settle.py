"""What becomes of a hold: settled, released or expired, each once; more than was held is taken or recorded as overshoot."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.budgets.actions import expire_due, release, set_price, settle
from billing.budgets.errors import HoldClosed, NotYours
from billing.budgets.models import BudgetMove, Reservation
from billing.budgets.usage import BadUsage, Usage
from governance.canonical import loads
from governance.errors import NotAllowed, NotFound
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, stand


@pytest.fixture
def cast(database: None) -> make.Cast:
    cast = make.cast()
    planned(cast)
    set_price(scope=cast.tess, measure="input_tokens", usd=Decimal("0.001"), at=make.AT)
    set_price(scope=cast.tess, measure="output_tokens", usd=Decimal("0.002"), at=make.AT)
    for measure in ("compute_seconds", "api_calls"):
        set_price(scope=cast.tess, measure=measure, usd=Decimal(0), at=make.AT)
    return cast


def _used(tokens: int = 100) -> Usage:
    return Usage(input_tokens=tokens, output_tokens=tokens, compute_seconds=Decimal(36), api_calls=2)


def test_settle__less_than_held__the_rest_is_free_again(cast: make.Cast) -> None:
    hold = held(cast, usd_budget="1", llm_tokens="500", compute_hours="1", api_calls="10")
    answer = settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later())
    assert answer.actual == {
        USD: Decimal("0.3"),
        "llm_tokens": Decimal(200),
        "compute_hours": Decimal("0.01"),
        "api_calls": Decimal(2),
    }
    assert (answer.overshoot, answer.is_priced, stand(cast)) == ({}, True, ("0.3", "0", "99.7"))
    assert stand(cast, "llm_tokens")[:2] == ("200", "0")


def test_settle__twice__the_same_answer_once_charged_and_another_usage_refused(cast: make.Cast) -> None:
    hold = held(cast)
    first, second = (settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later(n)) for n in (1, 2))
    assert (first.actual, first.is_new, second.is_new, stand(cast)[0]) == (second.actual, True, False, "0.3")
    with pytest.raises(HoldClosed, match="settled with other amounts"):
        settle(scope=cast.bo, hold_id=hold.id, usage=_used(7), at=make.later(3))


def test_settle__a_price_that_changed_meanwhile__is_for_the_next_hold(cast: make.Cast) -> None:
    hold = held(cast, usd_budget="5")
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal(1), at=make.later(5))
    first, again = (settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later(n)) for n in (4, 6))
    assert first.actual == again.actual and not again.is_new, "the same report gives the same answer"
    late = held(cast, usd_budget="5")
    assert settle(scope=cast.bo, hold_id=late.id, usage=_used(), at=make.later(6)).actual[USD] == Decimal("0.3")
    new = held(cast, usd_budget="5", at=make.later(7))
    assert settle(scope=cast.bo, hold_id=new.id, usage=_used(), at=make.later(8)).actual[USD] > Decimal(2)


def test_settle__a_price_and_a_count_beyond_all_amounts__is_overshoot_and_no_failure(cast: make.Cast) -> None:
    set_price(scope=cast.tess, measure="api_calls", usd=Decimal(10**11), at=make.later(1))
    hold = held(cast, at=make.later(2))
    usage = Usage(input_tokens=0, output_tokens=0, compute_seconds=Decimal(0), api_calls=2**53 - 1)
    answer = settle(scope=cast.bo, hold_id=hold.id, usage=usage, at=make.later(3))
    assert stand(cast) == ("100", "0", "0") and answer.overshoot[USD] > 10**17


def test_settle__unknown_usage_or_price__charges_the_whole_hold(cast: make.Cast) -> None:
    for usage in (Usage(), Usage(input_tokens=1, output_tokens=None, compute_seconds=Decimal(1), api_calls=1)):
        answer = settle(scope=cast.bo, hold_id=held(cast).id, usage=usage, at=make.later())
        assert (answer.actual[USD], answer.is_priced) == (Decimal(1), False)
    assert stand(cast) == ("2", "0", "98")


def test_settle__more_than_held__the_extra_is_taken_and_the_rest_is_overshoot(cast: make.Cast) -> None:
    held(cast, usd_budget="90")
    hold = held(cast)
    answer = settle(scope=cast.bo, hold_id=hold.id, usage=_used(4000), at=make.later())
    assert (answer.actual[USD], answer.overshoot) == (Decimal(12), {USD: Decimal(2)})
    assert stand(cast) == ("10", "90", "0")
    with in_tenant(cast.tenant.id):
        said = loads(bytes(BudgetMove.objects.get(reservation_id=hold.id, kind="settle").statement))
        assert said["overshoot"] == {USD: "2"}  # type: ignore[index,call-overload]
        assert Reservation.objects.get(id=hold.id).overshoot == {USD: "2"}


def test_settle__types_that_were_not_reserved__are_charged_too(cast: make.Cast) -> None:
    settle(scope=cast.bo, hold_id=held(cast).id, usage=_used(), at=make.later())
    assert stand(cast, "llm_tokens")[:2] == ("200", "0")
    assert stand(cast, "api_calls")[:2] == ("2", "0")


def test_expire__gives_back_once_and_a_late_settle_still_charges(cast: make.Cast) -> None:
    hold = held(cast, usd_budget="5")
    assert expire_due(scope=cast.tars, at=make.later(59)) == 0
    assert [expire_due(scope=cast.tars, at=make.later(60)) for _ in range(2)] == [1, 0]
    assert stand(cast) == ("0", "0", "100")
    settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later(61))
    assert stand(cast) == ("0.3", "0", "99.7")
    with in_tenant(cast.tenant.id):
        kinds = BudgetMove.objects.filter(reservation_id=hold.id).order_by("id").values_list("kind", flat=True)
        assert sorted(kinds) == ["expire", "reserve", "settle"]


def test_settle__after_its_window_is_over__goes_back_to_that_window(cast: make.Cast) -> None:
    planned(cast, "10", window="hourly")
    hold = held(cast, usd_budget="5")
    held(cast, at=make.later(61), usd_budget="2")
    settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later(62))
    assert stand(cast, window="hourly") == ("0.3", "0", "9.7")
    assert stand(cast, window="hourly", at=make.later(61)) == ("0", "2", "8")


def test_release__by_owner_operator_or_admin__once(cast: make.Cast) -> None:
    for scope in (cast.bo, cast.cy, cast.tess):
        hold = held(cast)
        answers = [release(scope=scope, hold_id=hold.id, because="not needed", at=make.later()) for _ in range(2)]
        assert answers == [True, False]
    assert stand(cast) == ("0", "0", "100")


def test_release_and_settle__wrong_role_or_stranger__refused(cast: make.Cast) -> None:
    hold = held(cast)
    for scope, error in ((cast.ada, NotYours), (cast.mel, NotYours), (make.stranger(), NotFound)):
        with pytest.raises(error):
            release(scope=scope, hold_id=hold.id, because="", at=make.later())
        with pytest.raises(error):
            settle(scope=scope, hold_id=hold.id, usage=_used(), at=make.later())
    with pytest.raises(NotAllowed):
        expire_due(scope=cast.tess, at=make.later(90))
    settle(scope=cast.bo, hold_id=hold.id, usage=_used(), at=make.later())
    with pytest.raises(HoldClosed, match="has been charged"):
        release(scope=cast.bo, hold_id=hold.id, because="", at=make.later())


def test_usage__that_cannot_be__refused() -> None:
    for wrong in (
        {"input_tokens": -1},
        {"api_calls": True},
        {"compute_seconds": Decimal("NaN")},
        {"compute_seconds": 1.5},
    ):
        with pytest.raises(BadUsage):
            Usage(**wrong)  # type: ignore[arg-type]
