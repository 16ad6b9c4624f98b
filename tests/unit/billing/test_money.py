"""Pure parts of money: windows, prices, caps, forecasts, amounts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.budgets.amounts import about, at_least, roughly, said, text
from billing.budgets.bars import bar, part
from billing.budgets.forecast import forecast, slices
from billing.budgets.prices import Priced, dollars, in_force
from billing.budgets.quotas import Cap, caps_in_plan, caps_of, strictest
from billing.budgets.usage import BadUsage, Tokens, Usage
from billing.budgets.windows import span_of, starts_of, window_of

AT = datetime(2026, 11, 26, 14, 35, tzinfo=UTC)


def test_windows__hour_day_week_from_monday_and_month() -> None:
    assert [start.isoformat()[:13] for start in starts_of(AT)] == [
        "2026-11-26T14",
        "2026-11-26T00",
        "2026-11-23T00",
        "2026-11-01T00",
    ]
    assert window_of("weekly", AT)[1] == datetime(2026, 11, 30, tzinfo=UTC)


def test_windows__for_people__are_told_in_utc() -> None:
    said = [span_of(window, *window_of(window, AT)) for window in ("monthly", "weekly", "daily", "hourly")]
    assert said == ["November 2026", "23 Nov – 29 Nov 2026", "26 Nov 2026", "26 Nov 2026, 14:00 – 15:00"]


def test_dollars__by_model_with_a_price_for_all_others() -> None:
    begun = AT - timedelta(days=1)
    table = in_force(
        [
            Priced("input_tokens", "", Decimal(2), begun),
            Priced("input_tokens", "mini", Decimal(1), begun),
            Priced("input_tokens", "mini", Decimal(9), AT + timedelta(days=1)),
            Priced("output_tokens", "", Decimal(0), begun),
        ],
        at=AT,
    )
    known = {"output_tokens": 7, "compute_seconds": Decimal(0), "api_calls": 0}
    assert dollars(Usage(input_tokens=3, model="mini", **known), table) == 3
    assert dollars(Usage(input_tokens=3, model="big", **known), table) == 6
    # free whatever it was; without a price, unknown
    assert dollars(Usage(3, None, "mini", Decimal(0), 0), table) == 3
    assert dollars(Usage(3, 7, "mini", Decimal(1), 0), table) is None
    assert dollars(Usage(None, 7, "mini", Decimal(0), 0), table) is None


def test_dollars__of_several_models__each_by_its_own_price() -> None:
    begun = AT - timedelta(days=1)
    prices = [
        ("input_tokens", "mini", 1),
        ("input_tokens", "big", 10),
        ("output_tokens", "mini", 2),
        ("output_tokens", "", 5),
    ]
    table = in_force([Priced(measure, model, Decimal(usd), begun) for measure, model, usd in prices], at=AT)
    rest: dict[str, Any] = {"compute_seconds": Decimal(0), "api_calls": 0}
    both = {"mini": Tokens(100, 10), "big": Tokens(1, 2)}
    assert dollars(Usage(101, 12, by_model=both, **rest), table) == 100 + 20 + 10 + 10
    assert dollars(Usage(101, None, by_model={**both, "big": Tokens(1, None)}, **rest), table) is None
    assert dollars(Usage(101, 12, by_model={**both, "new": Tokens(1, 0)}, **rest), table) is None
    assert Usage(101, 12, by_model=both, **rest).amounts()["llm_tokens"] == 113
    with pytest.raises(BadUsage):
        Tokens(-1, 0)


def test_caps__of_a_constitution_and_of_a_plan__the_strictest_counts() -> None:
    stated = caps_of(
        {
            "budgets": {"usd": 50, "llm_tokens": {"limit": 9, "window": "daily", "alert_threshold": 0.5}, "coffee": 3},
            "max_monthly_budget_usd": 40,
        }
    )
    assert Cap("llm_tokens", "daily", Decimal(9), Decimal("0.5")) in stated
    assert len(stated) == 3
    strict = strictest(
        [*stated, *caps_in_plan({"a": {"usd_budget": 45}}, system="a", window="monthly")],
        type="usd_budget",
        window="monthly",
    )
    assert strict and strict.limit == 40
    assert strictest(stated, type="api_calls", window="monthly") is None


def test_forecast__steady_use__runs_out_where_the_line_ends() -> None:
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    at = start + timedelta(days=10)
    told = {"starts_at": start, "ends_at": end, "at": at}
    steady = forecast(total=Decimal(200), committed=Decimal(100), spent=[Decimal(10)] * 10, **told)
    assert steady and steady.exhausted_at == steady.earliest == steady.latest == at + timedelta(days=10)
    uneven = forecast(total=Decimal(200), committed=Decimal(100), spent=[Decimal(5), Decimal(15)] * 5, **told)
    assert uneven and uneven.earliest and uneven.latest and uneven.exhausted_at
    assert uneven.earliest < uneven.exhausted_at < uneven.latest
    ample = forecast(total=Decimal(2000), committed=Decimal(100), spent=[Decimal(10)] * 10, **told)
    assert ample and ample.exhausted_at is None


def test_forecast__too_young_or_too_little__says_nothing() -> None:
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    few = [Decimal(0)] * 9 + [Decimal(10)]
    for at, spent in ((start + timedelta(days=1), [Decimal(1)] * 10), (start + timedelta(days=9), few)):
        assert (
            forecast(total=Decimal(20), committed=Decimal(10), spent=spent, starts_at=start, ends_at=end, at=at) is None
        )


def test_amounts__as_stored_and_as_read() -> None:
    assert [text(Decimal(value)) for value in ("1.500000", "1E+3", "0.000001", "0")] == ["1.5", "1000", "0.000001", "0"]
    assert said("usd_budget", Decimal("1234.5")) == "1,234.50 USD"
    assert said("usd_budget", Decimal("0.000001")) == "0.000001 USD"
    assert said("llm_tokens", Decimal(1200)) == "1,200 LLM tokens"


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [
        ("usd_budget", "0.115735", "0.12"),
        ("usd_budget", "0.000147", "0.00015"),
        ("api_calls", "0.8565245616636575221635", "0.86"),
        ("api_calls", "1200", "1,200"),
        ("llm_tokens", "0", "0"),
    ],
)
def test_about__digits_that_nobody_reads__are_left_out_and_what_is_there_is_never_0(
    name: str, amount: str, words: str
) -> None:
    assert about(name, Decimal(amount)) == words


def test_units__of_one__are_singular() -> None:
    assert said("api_calls", Decimal(1)) == "1 API call" and said("api_calls", Decimal(2)) == "2 API calls"
    assert roughly({"llm_tokens": Decimal(1), "compute_hours": Decimal("0.004")}) == (
        "under 0.01 compute hours, 1 LLM token"
    )


def test_at_least__rounds_down__so_that_no_more_is_promised_than_there_is() -> None:
    assert at_least("usd_budget", Decimal("0.119")) == "0.11 USD"
    assert at_least("usd_budget", Decimal("0.004")) == "0.004 USD"


def test_slices__share_slots_by_time__and_lose_nothing() -> None:
    half = slices({0: Decimal(6), 59: Decimal(4)}, part=0.5)
    assert (half[0], half[-1], sum(half)) == (6, 4, 10)
    uneven = slices({slot: Decimal(1) for slot in range(17)}, part=17 / 120)
    assert all(abs(amount - Decimal(17) / 12) < Decimal("0.0001") for amount in uneven)
    late = slices({90: Decimal(3)}, part=0.25)
    assert (late[-1], sum(late)) == (3, 3), "what was booked by another clock counts as just now"
    assert slices({0: Decimal(1)}, part=0) == [0] * 12


def test_bar__parts_never_exceed_it__and_little_can_be_seen() -> None:
    found = bar(total=Decimal(100), spent=Decimal("0.01"), held=Decimal(120), mark=Decimal("0.8"))
    assert (found.spent, found.held, found.mark) == ("0.60", "99.40", "80.00")
    nothing = bar(total=Decimal(0), spent=Decimal(0), held=Decimal(0))
    assert (nothing.spent, nothing.held, nothing.mark) == ("0.00", "0.00", "")
    assert (part(total=Decimal(0), taken=Decimal(0)), part(total=Decimal(4), taken=Decimal(1))) == (1.0, 0.25)
