"""An agent that is a Python function of this process, registered by name.

A thread cannot be stopped: a function that outlives its deadline runs on, its result is thrown away, and a name of which too many
run on is not called until they end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock, Thread
from typing import Final, TypeAlias

from django.db import connections

from governance.canonical import JSON, InvalidDocument, check_value
from governance.scrub import scrubbed
from routing.connectors.contract import (
    AgentAddressRefused,
    AnsweredNonsense,
    Call,
    OnProgress,
    Reply,
    TimedOut,
    ToolDefinition,
    Unreachable,
)
from routing.connectors.handover import Handover
from routing.connectors.http_agent import now

Agent: TypeAlias = Callable[[Call, OnProgress], "Reply | JSON"]
MOST_STUCK: Final = 4

_agents: dict[str, Agent] = {}
_stuck: Counter[str] = Counter()
_lock = Lock()


def register(name: str, function: Agent) -> None:
    """Make a function callable as an agent; in `AppConfig.ready`. Raises `ValueError` for a name that is another's."""
    if _agents.setdefault(name, function) is not function:
        raise ValueError(f"{name} is registered already")


@dataclass(frozen=True, slots=True)
class CallableAgent:
    """Calls the function registered as `name`."""

    name: str
    clock: Callable[[], datetime] = now

    def call(self, call: Call, *, on_progress: OnProgress) -> Reply:
        """See `Transport`. An exception of the function is the agent's failure, not TARS's."""
        function = _agents.get(self.name)
        if function is None:
            raise AgentAddressRefused(f"No agent is registered as {self.name}.", may_have_run=False)
        if _stuck[self.name] >= MOST_STUCK:
            raise Unreachable(
                f"{_stuck[self.name]} calls of {self.name} outlived their time and still run.", may_have_run=False
            )
        started, seconds = time.monotonic(), call.left(at=self.clock())
        run = _Run(self.name, function, call)
        run.start()
        try:
            reply = run.handover.result(seconds=seconds, on_progress=on_progress)
        except TimeoutError:
            raise TimedOut(f"{call.system} was still at work when its time was over.") from None
        finally:
            run.leave()
        return replace(reply, ms=int((time.monotonic() - started) * 1000))

    def tools(self) -> tuple[ToolDefinition, ...]:
        """None: a function describes no tools."""
        return ()

    def close(self) -> None:
        """Nothing is kept."""


class _Run(Thread):
    """One call in a thread of its own; `leave` is said by the waiting side, when it waits no longer."""

    def __init__(self, agent: str, function: Agent, call: Call) -> None:
        super().__init__(name=f"agent-{agent}", daemon=True)
        self.agent, self.function, self.asked = agent, function, call
        self.handover: Handover[Reply] = Handover()
        self.is_over = self.is_left = False

    def run(self) -> None:
        try:
            self.handover.done(_as_reply(self.function(self.asked, self.handover.progress)))
        except AnsweredNonsense as error:
            self.handover.failed(error)
        except Exception as error:
            said = scrubbed(str(error)) or type(error).__name__
            self.handover.done(Reply(is_error=True, error=said))
        finally:
            connections.close_all()
            with _lock:
                self.is_over = True
                _stuck[self.agent] -= self.is_left

    def leave(self) -> None:
        with _lock:
            if not self.is_over:
                self.is_left = True
                _stuck[self.agent] += 1


def _as_reply(value: Reply | JSON) -> Reply:
    reply = value if isinstance(value, Reply) else Reply(output=value)
    try:
        check_value(reply.output, refuses_big_doubles=True)
    except InvalidDocument as error:
        raise AnsweredNonsense(f"The agent answered something that is no JSON: {error.sentence}") from None
    return reply
