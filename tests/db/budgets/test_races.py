"""Never oversold: many callers on one budget, one key many times at once, random histories.

A seeded small size here, the sizes of the performance notes with `TARS_PROOF=full`; the same code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.budgets.actions import expire_due, release, seal_due, settle
from billing.budgets.errors import BelowUse, HoldClosed, NoMoney
from billing.budgets.models import BudgetMove, HoldState, Reservation, ReservationLine, Resource, SystemShare
from billing.budgets.settling import charge_within
from billing.budgets.usage import Usage
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.budgets.money import USD, held, planned, stand

IS_FULL = os.environ.get("TARS_PROOF") == "full"
CALLERS, REQUESTS, BUDGET = (64, 5_000, 500) if IS_FULL else (12, 300, 30)
HISTORIES = 500 if IS_FULL else 6
KEYS = 50 if IS_FULL else 16
ZERO = Usage(0, 0, "", Decimal(0), 0)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def _at_once(callers: int, work: Callable[[int], Any]) -> list[Any]:
    def one(number: int) -> Any:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))


def _sums(cast: make.Cast) -> None:
    """Every budget and share holds exactly what its lines say, and total = used + reserved + available."""
    with in_tenant(cast.tenant.id):
        for field, model in (("resource_id", Resource), ("share_id", SystemShare)):
            for budget in model.objects.filter(tenant_id=cast.tenant.id):  # type: ignore[attr-defined]
                lines = ReservationLine.objects.filter(**{field: budget.id})
                sums = lines.aggregate(
                    held=Sum("amount", filter=Q(reservation__state=HoldState.HELD)), used=Sum("settled")
                )
                assert (budget.reserved, budget.used) == (sums["held"] or 0, sums["used"] or 0)
                if isinstance(budget, Resource):
                    assert budget.total_budget == budget.used + budget.reserved + budget.available


@pytest.mark.proof
def test_many_callers__mixed_with_settles_releases_and_expiries__exactly_the_budget(cast: make.Cast) -> None:
    planned(cast, str(BUDGET))

    def only_reserve(caller: int) -> int:
        return sum(_tried(cast, f"first-{caller}-{n}") is not None for n in range(REQUESTS // CALLERS // 2))

    assert sum(_at_once(CALLERS, only_reserve)) == BUDGET
    assert stand(cast) == ("0", str(BUDGET), "0")
    with in_tenant(cast.tenant.id):
        first = list(Reservation.objects.values_list("id", flat=True))

    def mixed(caller: int) -> None:
        chance, own = Random(caller), first[caller::CALLERS]
        for n in range(REQUESTS // CALLERS // 2):
            match chance.choice(("reserve", "reserve", "settle", "release", "expire")):
                case "reserve":
                    own += [id] if (id := _tried(cast, f"second-{caller}-{n}")) else []
                case "settle" if own:
                    _ended(partial(settle, scope=cast.bo, hold_id=own.pop(), usage=ZERO, at=make.later()))
                case "release" if own:
                    _ended(partial(release, scope=cast.bo, hold_id=own.pop(), because="", at=make.later()))
                case "expire" if not n % 7:
                    expire_due(scope=cast.tars, at=make.later(chance.choice((30, 61)) if n > 20 else 30))

    _at_once(CALLERS, mixed)
    _sums(cast)
    while _tried(cast, f"last-{os.urandom(8).hex()}"):
        pass
    assert stand(cast)[2] == "0"
    _sums(cast)


@pytest.mark.proof
def test_one_key__many_times_at_once__one_hold(cast: make.Cast) -> None:
    planned(cast, "1")
    found = _at_once(KEYS, lambda _: held(cast, key="same"))
    assert len({hold.id for hold in found}) == 1
    assert sum(hold.is_new for hold in found) == 1
    assert stand(cast) == ("0", "1", "0")
    with in_tenant(cast.tenant.id):
        assert BudgetMove.objects.count() == 1


def test_one_hold__settled_released_and_expired_at_once__ends_once_in_its_budget(cast: make.Cast) -> None:
    planned(cast)
    hold = held(cast, usd_budget="5")
    acts: list[Callable[[], Any]] = [
        lambda: settle(scope=cast.bo, hold_id=hold.id, usage=Usage(), at=make.later(61)),
        lambda: release(scope=cast.bo, hold_id=hold.id, because="", at=make.later(61)),
        lambda: expire_due(scope=cast.tars, at=make.later(61)),
    ]
    _at_once(6, lambda number: _ended(acts[number % 3]))
    assert stand(cast) == ("5", "0", "95")
    _sums(cast)


def test_plan__changed_by_two_at_once_while_money_is_taken__holds(cast: make.Cast) -> None:
    planned(cast, "20")

    def act(number: int) -> None:
        for n in range(8):
            if number < 2:
                _ended(lambda n=n: planned(cast, str(10 + n)))
            else:
                _tried(cast, f"{number}-{n}")

    _at_once(6, act)
    _sums(cast)


def test_seal__puts_every_movement_under_one_entry_once(cast: make.Cast) -> None:
    planned(cast)
    release(scope=cast.bo, hold_id=held(cast).id, because="", at=make.AT)
    assert sorted(_at_once(2, lambda _: seal_due(scope=cast.tars, at=make.later())))[-1] == 2
    assert seal_due(scope=cast.tars, at=make.later()) == 0
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="budgets.moves_sealed")
        assert set(BudgetMove.objects.values_list("sealed_in", flat=True)) == {entry.sequence}


_STEP = st.tuples(
    st.sampled_from(["reserve", "settle", "release", "expire", "plan", "wait"]),
    st.decimals(min_value="0.000001", max_value=60, places=6),
    st.integers(0, 5),
)


@pytest.mark.proof
@settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(_STEP, min_size=4, max_size=20))
def test_any_history__conserves(database: None, history: list[tuple[str, Decimal, int]]) -> None:
    cast, minutes, holds = make.cast(), 0.0, []
    planned(cast)
    planned(cast, "70", window="hourly", system_quotas={cast.system.name: {USD: 50, "llm_tokens": 90}})
    for number, (act, amount, pick) in enumerate(history):
        at = make.later(minutes)
        chosen: UUID | None = holds[pick % len(holds)] if holds else None
        if act == "wait":
            minutes += pick * 17
        elif act == "expire":
            expire_due(scope=cast.tars, at=at)
        elif act == "plan":
            _ended(lambda at=at, amount=amount: planned(cast, str(amount), window="hourly", at=at))
        elif act == "reserve":
            id = _tried(cast, str(number), at=at, usd_budget=str(amount), llm_tokens=str(amount))
            holds += [id] if id else []
        elif chosen and act == "settle":
            _ended(lambda chosen=chosen, at=at, amount=amount: _charged(cast, chosen, amount, at=at))
        elif chosen:
            _ended(lambda chosen=chosen, at=at: release(scope=cast.bo, hold_id=chosen, because="", at=at))
        _sums(cast)


def _tried(cast: make.Cast, key: str, **options: Any) -> UUID | None:
    try:
        return held(cast, key=key, **options).id
    except NoMoney:
        return None


def _ended(act: Callable[[], object]) -> None:
    with suppress(HoldClosed, BelowUse):
        act()


def _charged(cast: make.Cast, hold_id: UUID, amount: Decimal, *, at: Any) -> None:
    with in_tenant(cast.tenant.id):
        hold = Reservation.objects.get(id=hold_id)
        charge_within(scope=cast.bo, hold=hold, actual={USD: amount}, is_priced=True, at=at)
