"""Turns of an agent that dreams of several processes share: each session stands for a process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from routing.rehearsal import allowing
from routing.rehearsal.slots import SharedSlots
from tarsweb.embedded.processes import wait_until
from tests.db.tenants.catalogue import connected


def elsewhere(act: Callable[[], None]) -> None:
    """In a thread, whose connection is its own, as another process's is; until the server has ended that session too."""
    sessions = list[int]()

    def run() -> None:
        try:
            act()
        finally:
            connection.ensure_connection()
            sessions.append(connection.connection.info.backend_pid)
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    with connected("owner") as looking:
        left = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"
        assert wait_until(lambda: looking.execute(left, sessions).fetchone() == (False,), seconds=30)


def test_take__each_turn_once__whoever_asks() -> None:
    agent, slots, found = uuid4(), SharedSlots(), list[int | None]()

    def beside() -> None:
        found.append(slots.take(agent, among=2))
        elsewhere(lambda: found.append(slots.take(agent, among=2)))
        elsewhere(lambda: found.append(slots.take(uuid4(), among=2)))

    mine = slots.take(agent, among=2)
    elsewhere(beside)
    second, third, of_another_agent = found
    assert mine is not None and second not in (None, mine)
    assert third is None and of_another_agent is not None
    # those sessions have ended, and their turns with them
    elsewhere(lambda: found.append(slots.take(agent, among=2)))
    assert found[-1] == second
    slots.give(mine)
    elsewhere(lambda: found.append(slots.take(agent, among=2)))
    assert found[-1] == mine


def test_turn__taken_by_another_process__is_waited_for_and_given_back() -> None:
    agent, slots, said = uuid4(), SharedSlots(), list[str]()

    def other() -> None:
        try:
            with allowing.turn(agent, most=2, live=lambda: 0, seconds=0, slots=slots):
                said.append("called")
        except allowing.NoTurn:
            said.append("no turn")

    key = slots.take(agent, among=1)
    elsewhere(other)
    assert key is not None and said == ["no turn"]
    slots.give(key)
    elsewhere(other)
    elsewhere(other)
    assert said == ["no turn", "called", "called"]


def test_turn__the_call_fails_or_the_database_does__nothing_is_held() -> None:
    agent, slots = uuid4(), SharedSlots()

    class Broken(allowing.Slots):
        def take(self, connector_id: UUID, *, among: int) -> int | None:
            raise psycopg.OperationalError("gone")

    with (
        pytest.raises(psycopg.OperationalError),
        allowing.turn(agent, most=1, live=lambda: 0, seconds=0, slots=Broken()),
    ):
        pass
    with pytest.raises(ZeroDivisionError), allowing.turn(agent, most=1, live=lambda: 0, seconds=0, slots=slots):
        _ = 1 / 0
    before = held()
    with allowing.turn(agent, most=1, live=lambda: 0, seconds=0, slots=slots):
        assert held() == before + 1
    assert held() == before


def held() -> int:
    """Advisory locks of this thread's session."""
    mine = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(mine)
        return int(cursor.fetchone()[0])
