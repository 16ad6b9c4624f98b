"""Why a session with a Model Context Protocol server broke, in the errors of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from governance.scrub import scrubbed
from routing.connectors.contract import AgentError, AnsweredNonsense, Call, Reply, TimedOut, ToolCall, Unreachable

if TYPE_CHECKING:
    from mcp import MCPError

    from routing.connectors.mcp_sessions import Job, Line, Session

_NO_SESSION: Final = "Session terminated"
_BY_STATUS: Final = frozenset({"Server returned an error response", "Not Found"})
"""What the SDK says in place of an answer that has only an HTTP status."""
_PASSING: Final = frozenset({408, 425, 429, 502, 503, 504})


class Again(Unreachable):
    """The server has forgotten the session and has not looked at the request: a new session may ask again."""


def worded(error: BaseException | None, *, line: Line, job: Job, is_used: bool) -> AgentError:
    """The error for a job whose session ended; without an error it was the deadline."""
    found = line.fault or _known(error, line)
    if found is None:
        return TimedOut("The agent was still at work when its time was over.", may_have_run=job.is_sent)
    if is_used and not job.is_sent:
        return Again(found.sentence, may_have_run=False)
    found.may_have_run = found.may_have_run and job.is_sent
    return found


def answered(
    error: MCPError, *, session: Session, call: Call, tool: str, ms: int, secrets: Iterable[str] = ()
) -> Reply:
    """A protocol error in answer to a tool call: the agent's failure, unless it is the wire's, which is raised."""
    from mcp.types import CONNECTION_CLOSED, PARSE_ERROR

    said, line = scrubbed(error.message, secrets=secrets), session.line
    if line.fault is not None:
        raise line.fault
    if error.code == CONNECTION_CLOSED:
        raise Unreachable(f"The agent broke off: {said}.")
    if error.message == _NO_SESSION or (session.is_used and _is_forgotten(error, line)):
        raise Again("The agent has forgotten the session.", may_have_run=False)
    if error.message in _BY_STATUS:
        raise by_status(line)
    if error.code == PARSE_ERROR:
        raise AnsweredNonsense("The agent's answer is no message of the protocol.")
    said = said or "It failed, and did not say why."
    own = ToolCall(server=call.system, tool=tool, is_success=False, ms=ms, error=said, is_seen=True)
    return Reply(is_error=True, error=said, tool_calls=(own,), ms=ms)


def _is_forgotten(error: MCPError, line: Line) -> bool:
    """Some servers say 400 where the protocol says 404: to a session that worked before, both mean that nothing ran."""
    return error.message in _BY_STATUS and getattr(line, "status", 0) in {400, 404, 410}


def by_status(line: Line) -> AgentError:
    """The error for an answer that was only an HTTP status."""
    status = getattr(line, "status", 0)
    if status in _PASSING:
        return Unreachable(f"The agent answered {status}: it cannot take work now.")
    return AnsweredNonsense(f"The agent answered {status} and no message of the protocol.")


def _known(error: BaseException | None, line: Line) -> AgentError | None:
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED

    inner = _innermost(error)
    if isinstance(inner, AgentError) or inner is None:
        return inner
    said = scrubbed(str(inner), most=300) or type(inner).__name__
    if isinstance(inner, MCPError):
        if inner.message in _BY_STATUS:
            return by_status(line)
        if inner.code == CONNECTION_CLOSED or inner.message == _NO_SESSION:
            return Unreachable(f"The agent broke off: {said}.")
    nonsense = AnsweredNonsense(f"The agent does not keep to the protocol: {said}")
    nonsense.__cause__ = inner
    return nonsense


def _innermost(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
