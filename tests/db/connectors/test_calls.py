"""Around a call: the breaker on the row, calls at once, and what is reachable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.jobs.models import Job
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.tenancy import in_tenant
from routing.connectors import actions
from routing.connectors.contract import NoSuchTool, Reply, TimedOut, ToolChanged, Unreachable
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.connectors.world import AT, NAME, again, approved, connected, local, tool, unreachable


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def admit(cast: make.Cast, *, at: datetime = AT, calling: Callable[[], int] = lambda: 0) -> Any:
    with in_tenant(cast.tenant.id):
        return actions.admit_within(scope=cast.tars, system_id=cast.system.id, calling=calling, at=at)


def over(cast: make.Cast, outcome: Any, *, at: datetime = AT) -> None:
    with in_tenant(cast.tenant.id):
        (row,) = cast.system.connectors.all()  # type: ignore[attr-defined]
        actions.after_call(scope=cast.tars, connector_id=row.id, outcome=outcome, at=at)


def why(cast: make.Cast, *, at: datetime = AT) -> str:
    with in_tenant(cast.tenant.id):
        found = unreachable(scope=cast.bo, system_ids=[cast.system.id], at=at).get(cast.system.id)
    return found.code if found else ""


def test_failures__open_it_for_30_seconds_then_one_is_let_through(cast: make.Cast) -> None:
    connected(cast)
    for _ in range(5):
        admit(cast)
        over(cast, Unreachable("Nobody answers."))
    assert why(cast) == "breaker_open"
    with pytest.raises(actions.NotReachable, match="5 times in a row"):
        admit(cast, at=AT + timedelta(seconds=29))
    at = AT + timedelta(seconds=30)
    assert why(cast, at=at) == ""
    admit(cast, at=at)
    assert why(cast, at=at) == "probing"
    with pytest.raises(actions.NotReachable, match="one call tries"):
        admit(cast, at=at)
    over(cast, TimedOut("Too late."), at=at)
    assert why(cast, at=at + timedelta(seconds=59)) == "breaker_open"
    at += timedelta(seconds=60)
    admit(cast, at=at)
    over(cast, Reply(output=1), at=at)
    assert why(cast, at=at) == ""
    admit(cast, at=at)


def test_half_open__two_at_once__one_is_let_through(cast: make.Cast) -> None:
    connected(cast)
    for _ in range(5):
        over(cast, Unreachable("Nobody answers."))
    at = AT + timedelta(minutes=1)
    outcomes = at_once([lambda: admit(cast, at=at)] * 4)
    assert sum(one.refusal is not None for one in outcomes) == 3


def test_a_reply_that_says_it_failed__is_an_answer(cast: make.Cast) -> None:
    connected(cast)
    for _ in range(9):
        over(cast, Reply(is_error=True, error="I cannot."))
    assert why(cast) == ""


def test_what_says_nothing_about_the_agent__moves_nothing(cast: make.Cast) -> None:
    connector = connected(cast)
    for _ in range(9):
        over(cast, NoSuchTool("No such tool."))
        over(cast, None)
    assert (why(cast), again(connector).failures) == ("", 0)


def test_probe__that_never_took_place__lets_the_next_one_try(cast: make.Cast) -> None:
    connected(cast)
    for _ in range(5):
        over(cast, Unreachable("Nobody answers."))
    at = AT + timedelta(seconds=31)
    admit(cast, at=at)
    with pytest.raises(actions.NotReachable, match="one call tries"):
        admit(cast, at=at)
    over(cast, None, at=at)
    admit(cast, at=at)


def test_tool_changed__is_looked_at_by_itself(cast: make.Cast) -> None:
    connector = local(cast)
    approved(cast, connector, tool())
    over(cast, ToolChanged("The tool is not the one that was approved."))
    with in_tenant(cast.tenant.id):
        assert Job.objects.filter(kind="connectors.look").count() == 1


def test_enable__closes_an_open_breaker(cast: make.Cast) -> None:
    connected(cast)
    for _ in range(7):
        over(cast, Unreachable("Nobody answers."))
    actions.enable(scope=cast.bo, system_name=NAME, at=AT)
    assert why(cast) == ""


def test_calls_at_once__are_bounded(cast: make.Cast) -> None:
    connected(cast, most_at_once=2)
    admit(cast, calling=lambda: 1)
    with pytest.raises(actions.Busy, match="2 requests already"):
        admit(cast, calling=lambda: 2)


def test_calls_at_once__many_callers__the_count_is_taken_under_the_lock(cast: make.Cast) -> None:
    """Each admitted caller counts itself before the next one counts."""
    connected(cast, most_at_once=3)
    running: list[int] = []

    def start() -> object:
        with in_tenant(cast.tenant.id):
            found = actions.admit_within(scope=cast.tars, system_id=cast.system.id, calling=lambda: len(running), at=AT)
            running.append(1)
            return found

    outcomes = at_once([start] * 8)
    assert sum(isinstance(one.refusal, actions.Busy) for one in outcomes) == 5 and len(running) == 3


def test_success__while_all_goes_well__writes_the_row_seldom(cast: make.Cast) -> None:
    connector = connected(cast)
    over(cast, Reply(output=1))
    admitted = again(connector)
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as made:
        actions.after_call(
            scope=cast.tars,
            connector_id=connector.id,
            outcome=Reply(output=1),
            at=AT + timedelta(seconds=4),
            admitted=admitted,
        )
    assert len(made) == 0
    over(cast, Reply(output=1), at=AT + timedelta(seconds=6))
    assert again(connector).last_called_at == AT + timedelta(seconds=6)


def test_reachable__many_systems__one_query_and_a_reason_for_each(cast: make.Cast) -> None:
    connected(cast)
    others = [
        register_system(scope=cast.bo, name=f"agent-{number}", type=SystemType.AGENT, constitution=make.CLAY, at=AT)
        for number in range(4)
    ]
    ids = [cast.system.id, *(one.id for one in others)]
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as made:
        found = unreachable(scope=cast.bo, system_ids=ids, at=AT)
    assert len(made) == 1
    assert {one: reason.code for one, reason in found.items()} == {one.id: "none" for one in others}


def test_reachable__of_another_tenant__is_as_unknown_as_any(cast: make.Cast) -> None:
    connected(cast)
    mallory = make.stranger()
    with in_tenant(mallory.tenant_id):
        found = unreachable(scope=mallory, system_ids=[cast.system.id, uuid4()], at=AT)
    assert {reason.code for reason in found.values()} == {"none"} and len(found) == 2
