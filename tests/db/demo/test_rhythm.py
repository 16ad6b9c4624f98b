"""The day rhythm of what is asked, at its full size."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from routing.connectors.contract import Reply
from tarsweb.demo.asked import Answering, ask_at
from tarsweb.demo.rhythm import moments
from tarsweb.demo.worlds import World, load
from tests.db.demo.conftest import END


@pytest.fixture
def world() -> World:
    return replace(load()[0], size=1.0)


def asked(world: World) -> list[datetime]:
    return list(moments(world.work, key=world.key, end=END, size=world.size))


def test_moments__a_month__are_about_three_thousand_in_order_and_always_the_same(world: World) -> None:
    found = asked(world)
    assert 2600 < len(found) < 3400
    assert found == sorted(found) == asked(world) and found[-1] < END


def test_moments__hours_and_days__are_those_of_an_office(world: World) -> None:
    local = [moment.astimezone(ZoneInfo(world.work["time_zone"])) for moment in asked(world)]
    working = [moment for moment in local if moment.weekday() < 5]
    hours = Counter(moment.hour for moment in working)
    assert hours[12] < 0.7 * hours[10] and hours[12] < 0.7 * hours[14], "a dip at lunch"
    assert sum(hours[hour] for hour in range(8, 18)) > 0.8 * len(working)
    assert sum(hours[hour] for hour in (0, 1, 2, 3, 4)) < 0.02 * len(working)
    assert len(local) - len(working) < 0.06 * len(local), "weekends are quiet"


def test_asked__kinds_and_answers__have_their_shares(world: World) -> None:
    found = [ask_at(world.work, moment, key=world.key) for moment in asked(world)]
    texts = Counter(ask.text for ask in found)
    assert 60 < len(texts) < 160 and max(texts.values()) < 0.12 * len(found)
    assert 0.18 < sum(ask.stars is not None for ask in found) / len(found) < 0.3
    assert {ask.channel for ask in found} == {"page", "api", "mcp", "cli"}


def test_answers__same_moment__same_answer_and_few_fail(world: World) -> None:
    outcomes = []
    for number in range(400):
        one, other = (Answering(world.work, random.Random(number))("notion", "read-pages", 1) for _ in range(2))
        assert str(one) == str(other)
        outcomes.append(one[0])
    fine = sum(isinstance(one, Reply) and not one.is_error for one in outcomes)
    assert 0.9 < fine / len(outcomes) < 0.99
