"""A Python function as an agent."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from routing.connectors import callable_agent
from routing.connectors.callable_agent import MOST_STUCK, Agent, CallableAgent, register
from routing.connectors.contract import AgentAddressRefused, AnsweredNonsense, Reply, TimedOut, Unreachable
from tests.unit.routing.connectors.calls import Heard, a_call


@pytest.fixture(autouse=True)
def agents(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Agent]]:
    known: dict[str, Agent] = {}
    monkeypatch.setattr(callable_agent, "_agents", known)
    yield known


def asked(function: Agent, *, seconds: float = 10, heard: Heard | None = None) -> Reply:
    callable_agent._agents["f"] = function
    return CallableAgent("f").call(a_call(seconds=seconds), on_progress=heard or Heard())


def test_call__plain_value__is_the_output() -> None:
    heard = Heard()

    def works(call: Any, on_progress: Any) -> Any:
        on_progress(50, "Half")
        return {"said": call.request}

    assert asked(works, heard=heard).output == {"said": "Audit payroll compliance"}
    assert heard.told == [(50, "Half")]


def test_call__reply__is_the_reply() -> None:
    assert asked(lambda *_: Reply(output=1, is_partial=True)).is_partial


def test_call__exception__is_a_failure_without_secrets() -> None:
    def fails(*_: Any) -> Any:
        raise ValueError("no such account, password=hunter22")

    reply = asked(fails)
    assert reply.is_error and reply.error == "no such account, password=[hidden]"


@pytest.mark.parametrize("value", [object(), {"n": float("nan")}, {1: 2}, b"x"])
def test_call__value_that_is_no_json__is_nonsense(value: Any) -> None:
    with pytest.raises(AnsweredNonsense):
        asked(lambda *_: value)


def test_call__too_slow__times_out_and_too_many_are_refused() -> None:
    over = Event()
    try:
        for _ in range(MOST_STUCK):
            with pytest.raises(TimedOut):
                asked(lambda *_: over.wait(20), seconds=0.05)
        with pytest.raises(Unreachable, match="still run") as caught:
            asked(lambda *_: 1)
        assert caught.value.may_have_run is False
    finally:
        over.set()


def test_call__unknown_name__is_refused() -> None:
    with pytest.raises(AgentAddressRefused):
        CallableAgent("nobody").call(a_call(), on_progress=Heard())


def test_register__same_name_for_another__is_refused() -> None:
    def one(*_: Any) -> Any:
        return 1

    register("one", one)
    register("one", one)
    with pytest.raises(ValueError):
        register("one", lambda *_: 2)


def test_call__progress_refuses__ends_the_waiting() -> None:
    over = Event()

    def works(_call: Any, on_progress: Any) -> Any:
        on_progress(1, "")
        over.wait(20)
        return 1

    def stop(*_: Any) -> None:
        raise InterruptedError

    callable_agent._agents["f"] = works
    try:
        with pytest.raises(InterruptedError):
            CallableAgent("f").call(a_call(), on_progress=stop)
    finally:
        over.set()
