"""Setting aside: all budgets or none, once per key, refused with a sentence that says whom to ask."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.budgets.actions import reserve
from billing.budgets.amounts import BadAmount
from billing.budgets.errors import BadHold, KeyTaken, NoMoney
from billing.budgets.models import BudgetMove, Reservation
from governance.errors import NotAllowed, NotFound
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, stand


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def test_reserve__of_two_types_in_three_windows__is_taken_from_all(cast: make.Cast) -> None:
    planned(cast)
    planned(cast, "10", window="hourly")
    planned(cast, "1000", type="llm_tokens", window="daily")
    held(cast, usd_budget="2.5", llm_tokens="300")
    assert stand(cast) == ("0", "2.5", "97.5")
    assert stand(cast, window="hourly") == ("0", "2.5", "7.5")
    assert stand(cast, "llm_tokens", "daily") == ("0", "300", "700")


def test_reserve__one_budget_short__takes_nothing_and_names_it(cast: make.Cast) -> None:
    planned(cast)
    planned(cast, "2", window="hourly")
    held(cast)
    with pytest.raises(NoMoney) as refused:
        held(cast, usd_budget="1.5", llm_tokens="10")
    assert refused.value.sentence.startswith("The hourly budget has 1.00 USD free and 1.50 USD were wanted.")
    assert "ask Tess for more" in refused.value.sentence
    assert stand(cast) == ("0", "1", "99")


def test_reserve__same_key_and_wish__same_hold_and_one_movement(cast: make.Cast) -> None:
    planned(cast)
    first, second = (held(cast, key="k") for _ in range(2))
    assert (first.id, first.is_new, second.id, second.is_new) == (second.id, True, first.id, False)
    assert stand(cast)[1] == "1"
    with in_tenant(cast.tenant.id):
        assert BudgetMove.objects.filter(reservation_id=first.id).count() == 1
    with pytest.raises(KeyTaken, match="names another hold"):
        held(cast, key="k", usd_budget="2")


def test_reserve__no_dollar_budget__refused_and_other_types_are_only_counted(cast: make.Cast) -> None:
    with pytest.raises(NoMoney, match="no dollar budget"):
        held(cast)
    held(cast, llm_tokens="123456")
    assert stand(cast, "llm_tokens")[1] == "123456"


@pytest.mark.parametrize(
    "amount",
    ["0", "-1", "NaN", "Infinity", "1E+308", "1234567890123456789", "0.0000001", "1.00000000000000000000000000001"],
)
def test_reserve__an_amount_that_is_none__refused_with_a_sentence(amount: str, cast: make.Cast) -> None:
    planned(cast)
    with pytest.raises(BadAmount, match="amount of usd_budget"):
        held(cast, usd_budget=amount)


def test_reserve__nothing_or_an_unknown_type_or_a_bad_end__refused(cast: make.Cast) -> None:
    planned(cast)
    with pytest.raises(BadAmount, match="no budget type"):
        held(cast, bitcoin="1")
    wish = {"scope": cast.bo, "system_id": cast.system.id, "at": make.AT}
    with pytest.raises(BadAmount, match="at least one type"):
        reserve(**wish, key="a", amounts={}, expires_at=make.later())
    for key, end in (
        ("a", make.AT),
        ("a", make.AT + timedelta(days=40)),
        (" ", make.later()),
        ("k" * 201, make.later()),
    ):
        with pytest.raises(BadHold):
            reserve(**wish, key=key, amounts={USD: Decimal(1)}, expires_at=end)


def test_reserve__wrong_role_or_stranger__refused(cast: make.Cast) -> None:
    planned(cast)
    for scope in (cast.ada, cast.uma, cast.mel):
        with pytest.raises(NotAllowed, match="set money aside"):
            held(cast, by=scope)
    with pytest.raises(NotFound, match="no such system"):
        held(cast, by=make.stranger())
    assert stand(cast) == ("0", "0", "100")


def test_reserve__across_the_end_of_a_window__each_window_has_its_own(cast: make.Cast) -> None:
    planned(cast, "5", window="hourly")
    held(cast, usd_budget="5")
    with pytest.raises(NoMoney):
        held(cast, at=make.later(59))
    held(cast, at=make.later(60), usd_budget="4")
    assert stand(cast, window="hourly") == ("0", "5", "0")
    assert stand(cast, window="hourly", at=make.later(60)) == ("0", "4", "1")


def test_reserve__keeps_what_it_was_asked(cast: make.Cast) -> None:
    planned(cast)
    hold = held(cast, key="k")
    with in_tenant(cast.tenant.id):
        row = Reservation.objects.get(id=hold.id)
    assert (row.held_by, row.amounts, row.state, row.system_id) == (
        cast.bo.actor.name,
        {USD: "1"},
        "held",
        cast.system.id,
    )
