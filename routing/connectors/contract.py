"""What passes between TARS and an agent, whatever the wire. Pure: the clock is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from governance.canonical import JSON, digest
from governance.errors import DomainError

Mode: TypeAlias = Literal["direct", "approved", "dream"]
"""`approved` when a person has approved exactly this call, `direct` when none had to, `dream` where nothing may be changed."""
OnProgress: TypeAlias = Callable[[int, str], None]
"""Told 0-100 (0 when the agent does not say) and a sentence. What it raises ends the call and comes out of it."""


@dataclass(frozen=True, slots=True)
class Law:
    """The constitution that holds for the call."""

    document: JSON
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Call:
    """One piece of work for one agent. `session_rules` are the session's sentences that TARS enforces, `guidance` those that the
    agent is to follow; `depth` counts the hops before this one, `attempt` from 1."""

    execution_id: str
    tenant_id: str
    system: str
    action: str
    request: str
    input: JSON
    constitution: Law
    deadline: datetime
    idempotency_key: str
    tool: str = ""
    session: str = ""
    guidance: tuple[str, ...] = ()
    session_rules: tuple[str, ...] = ()
    mode: Mode = "direct"
    budget: Mapping[str, str] = field(default_factory=dict)
    routing_path: tuple[str, ...] = ()
    depth: int = 0
    attempt: int = 1

    def left(self, *, at: datetime) -> float:
        """Seconds until the deadline; raises `TimedOut` when there are none."""
        seconds = (self.deadline - at).total_seconds()
        if seconds <= 0:
            raise TimedOut(f"The time for {self.system} was over before it was called.", may_have_run=False)
        return seconds


@dataclass(frozen=True, slots=True)
class Usage:
    """What the agent says it used. None means that it did not say, which is not 0."""

    tokens_in: Mapping[str, int] | None = None
    tokens_out: Mapping[str, int] | None = None
    compute_seconds: Decimal | None = None
    api_calls: int | None = None
    storage_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool that ran. `input` is None when only its digest is known; `ms` when nobody measured. `is_seen`: TARS made the call
    itself; otherwise an agent told of it, and nothing but its word stands behind it."""

    server: str
    tool: str
    is_success: bool
    input_digest: str = ""
    input: JSON = None
    ms: int | None = None
    error: str = ""
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered. `is_error` is the agent's own word for a failure, `error` its sentence."""

    output: JSON = None
    is_error: bool = False
    error: str = ""
    is_partial: bool = False
    usage: Usage = Usage()
    tool_calls: tuple[ToolCall, ...] = ()
    suggestions: tuple[str, ...] = ()
    ms: int = 0


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as its server describes it, but for icons and `_meta`, which TARS neither shows nor uses."""

    name: str
    description: str
    input_schema: JSON
    output_schema: JSON = None
    annotations: JSON = None
    title: str = ""
    execution: JSON = None

    @property
    def digest(self) -> str:
        """What is pinned: SHA-256 over the canonical document.

        Raises `InvalidDocument` for a schema that is no JSON that can be hashed.
        """
        return digest(self.document)

    @property
    def document(self) -> dict[str, JSON]:
        """What is hashed, kept and shown. Annotations belong to it: a repeated call rests on what they say."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "annotations": self.annotations or None,
            "execution": self.execution or None,
        }


class Transport(Protocol):
    """One way to one agent."""

    def call(self, call: Call, *, on_progress: OnProgress) -> Reply:
        """Do the work before `call.deadline`; raises the errors below."""

    def tools(self) -> tuple[ToolDefinition, ...]:
        """The tools the agent offers; empty where the wire knows none. Raises the errors below."""

    def close(self) -> None:
        """Let go of what is kept for reuse; may be called twice."""


class AgentError(DomainError):
    """The agent gave no answer that TARS could use.

    `is_passing`: another try may go better. `may_have_run`: the work may have been done all the same, so that only an agent that
    honours the idempotency key can be asked again.
    """

    code = "agent_error"
    status = 502
    is_passing = False

    def __init__(self, sentence: str, *, may_have_run: bool = True) -> None:
        super().__init__(sentence)
        self.may_have_run = may_have_run


class TimedOut(AgentError):
    """The deadline came first."""

    code = "agent_timed_out"
    status = 504
    is_passing = True


class Unreachable(AgentError):
    """Nobody answered, the line broke, or the agent says it cannot take work now."""

    code = "agent_unreachable"
    is_passing = True


class AnsweredTooMuch(AgentError):
    """The answer is larger than TARS reads."""

    code = "agent_answered_too_much"


class AnsweredNonsense(AgentError):
    """The answer is not what the wire's protocol says it must be."""

    code = "agent_answered_nonsense"


class AgentAddressRefused(AgentError):
    """TARS does not call this address, or does not run this command."""

    code = "agent_address_refused"
    status = 422


class NoSuchTool(AgentError):
    """The agent offers no tool for what was asked."""

    code = "agent_no_such_tool"
    status = 422


class ToolChanged(AgentError):
    """A tool is no longer the one that was approved."""

    code = "agent_tool_changed"
    status = 409


def progressed(done: float, *, of: float | None) -> int:
    """Progress as 0-100; 0 when it is unknown."""
    if not of or of != of or done != done or of < 0:
        return 0
    return int(min(max(100 * done / of, 0), 100))
