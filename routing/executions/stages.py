"""Where a request stands, and where it goes next (docs/work.md). Pure: what happened goes in, the next stage comes out.

INVARIANTS: every way ends in `done` with one of the five statuses of seeds/004 3; after a call of which nobody knows whether it
did something, nobody is called any more, save the same system where a second call does no harm; money is held exactly in the
stages `HOLDS`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    RECEIVED = "received"
    ROUTED = "routed"
    AWAITING_APPROVAL = "awaiting_approval"
    READY = "ready"
    CALLING = "calling"
    ANSWERED = "answered"
    DONE = "done"


class Status(StrEnum):
    """How an execution ended (seeds/004 3)."""

    SUCCESS = "success"
    FAILED = "failed"
    PARTIAL = "partial"
    TIMEOUT = "timeout"
    GOVERNANCE_BLOCKED = "governance_blocked"


HOLDS: Final = frozenset({Stage.CALLING, Stage.ANSWERED})
"""Stages in which money is set aside."""
WAITS: Final = frozenset({Stage.AWAITING_APPROVAL, Stage.DONE})
"""Stages that no step of the runner leaves."""

MAY_FOLLOW: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.RECEIVED: frozenset({Stage.ROUTED, Stage.DONE}),
    Stage.ROUTED: frozenset({Stage.ROUTED, Stage.AWAITING_APPROVAL, Stage.READY, Stage.DONE}),
    Stage.AWAITING_APPROVAL: frozenset({Stage.READY, Stage.ROUTED, Stage.DONE}),
    Stage.READY: frozenset({Stage.CALLING, Stage.ROUTED, Stage.DONE}),
    Stage.CALLING: frozenset({Stage.ANSWERED, Stage.READY, Stage.ROUTED, Stage.DONE}),
    Stage.ANSWERED: frozenset({Stage.DONE}),
    Stage.DONE: frozenset(),
}


class Failure(StrEnum):
    """Why one system did not do it."""

    DENIED = "denied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NO_MONEY = "no_money"
    UNREACHABLE = "unreachable"
    """The request was never handed over: nothing can have happened."""
    SAID_ERROR = "said_error"
    """The agent answered that it failed."""
    NONSENSE = "nonsense"
    """The agent answered what the contract does not allow: it may have acted."""
    TIMEOUT = "timeout"
    """The deadline passed: the agent may have acted, or act yet."""
    LOST = "lost"
    """The process that waited for the answer died: the agent may have acted."""


_UNKNOWN: Final = frozenset({Failure.NONSENSE, Failure.TIMEOUT, Failure.LOST})
"""Failures after which nobody knows whether the agent acted."""
_BLOCKED: Final = frozenset({Failure.DENIED, Failure.REJECTED, Failure.EXPIRED})
_FINAL: Final = frozenset({Failure.REJECTED, Failure.EXPIRED})
"""A person said no, or nobody said yes: no other system is tried behind their back."""
_RETRIED: Final = frozenset({Failure.UNREACHABLE, *_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides where a failed request goes.

    `attempt` counts the calls of this system so far, `retries` is how many more than one it may have, `alternatives` how many
    other systems are left, `is_repeatable` whether a second call does no harm.
    """

    attempt: int
    retries: int
    alternatives: int
    is_repeatable: bool
    is_over: bool = False
    """The request's own time is over, or somebody called it off."""


@dataclass(frozen=True, slots=True)
class Next:
    """Where the request goes. `is_retry`: the same system again; `routed` else means the next one. `done` has a `status`."""

    stage: Stage
    status: Status | None = None
    is_retry: bool = False


def after_choice(*, has_candidate: bool, is_vetoed_by_rules: bool = False) -> Next:
    """The router has chosen. Nobody in scope fails; everybody forbidden by rules, e-stop or drift is blocked."""
    if has_candidate:
        return Next(Stage.ROUTED)
    return Next(Stage.DONE, Status.GOVERNANCE_BLOCKED if is_vetoed_by_rules else Status.FAILED)


def after_failure(failure: Failure, standing: Standing) -> Next:
    """One system did not do it: the same again, the next one, or the end."""
    may_retry = failure in _RETRIED and standing.attempt <= standing.retries and not standing.is_over
    may_have_acted = failure in _UNKNOWN
    if may_retry and (standing.is_repeatable or not may_have_acted):
        return Next(Stage.READY, is_retry=True)
    if standing.alternatives and not (standing.is_over or may_have_acted or failure in _FINAL):
        return Next(Stage.ROUTED)
    return Next(Stage.DONE, status_of(failure))


def status_of(failure: Failure) -> Status:
    """How an execution ends whose last failure this is."""
    if failure in _BLOCKED:
        return Status.GOVERNANCE_BLOCKED
    return Status.TIMEOUT if failure is Failure.TIMEOUT else Status.FAILED


def status_of_answer(*, is_partial: bool, hops: Collection[Status]) -> Status:
    """How an execution ends whose agent answered well. `hops`: how the work that it handed on ended."""
    is_whole = not is_partial and all(status is Status.SUCCESS for status in hops)
    return Status.SUCCESS if is_whole else Status.PARTIAL


def demand_step(before: Stage, after: Stage) -> None:
    """Raise `ValueError` for a step that `MAY_FOLLOW` does not have: a bug, never a user's mistake."""
    if after not in MAY_FOLLOW[before]:
        raise ValueError(f"a request does not go from {before} to {after}")
