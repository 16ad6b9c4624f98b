"""One system did not do it: the same again, the next one, or the end. Inside the transaction that found it out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from governance.registry.models import System
from routing.executions import due, elsewhere
from routing.executions.finishing import End, finish, noted
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Failure, Stage, Standing, after_failure, demand_step

FIRST_PAUSE: Final = timedelta(milliseconds=500)
LONGEST_PAUSE: Final = timedelta(seconds=30)
WAITED: Final = frozenset({Failure.UNREACHABLE, Failure.SAID_ERROR})
"""After a failure of the agent the next one is asked with a delay; after a no of the rules or the budget, at once."""


def failed(
    request: ExecutionRequest,
    failure: Failure,
    sentence: str,
    *,
    at: datetime,
    is_repeatable: bool = False,
    may_retry: bool = True,
    least_retries: int = 0,
) -> None:
    """Send a locked request on its way after `failure`; the caller keeps it.

    `sentence` says to people what happened, `least_retries` how often the system is asked again at least, whatever the router's
    constitution says. What the failed call held was settled or released by the caller.
    """
    rest = alternatives(request)
    standing = Standing(
        attempt=request.attempt,
        retries=max(retries_of(request), least_retries) if may_retry else -1,
        alternatives=len(rest),
        is_repeatable=is_repeatable,
        is_over=request.is_cancel_wanted,
    )
    step = after_failure(failure, standing)
    if step.stage is Stage.DONE:
        assert step.status is not None
        finish(request, End(step.status, sentence), at=at)
        return
    if step.is_retry:
        noted(request, "retried", f"{sentence} It is asked again.", at=at, failure=failure.value)
        due.postpone(tenant_id=request.tenant_id, request_id=request.id, until=at + pause(request.attempt))
    else:
        taken_up(request, rest[0])
        noted(request, "fell_back", f"{sentence} {rest[0]['name']} is next.", at=at, failure=failure.value)
        if failure in WAITED and (wait := delay_of(request)):
            due.postpone(tenant_id=request.tenant_id, request_id=request.id, until=at + wait)
    moved_to(request, step.stage, at=at)


def taken_up(request: ExecutionRequest, candidate: Mapping[str, Any]) -> None:
    """Make a candidate the one who is asked; the caller saves."""
    if request.system_id is not None:
        request.tried = [*request.tried, request.system_id]
    request.system_id = UUID(candidate["system_id"])
    request.action = candidate["action"]
    request.attempt, request.hold_id, request.question_id = 0, None, None
    request.approval_digest, request.verdict_id, request.governance_check = "", None, {}


def alternatives(request: ExecutionRequest) -> list[Mapping[str, Any]]:
    """The candidates against whom nothing spoke and who were not asked yet, in order; those that are active still."""
    rest = elsewhere.others(request.route, asked={*map(str, request.tried), str(request.system_id)})
    systems = System.objects.filter(tenant_id=request.tenant_id, id__in=[one["system_id"] for one in rest])
    active = set(map(str, systems.filter(status="active").values_list("id", flat=True))) if rest else set()
    return [one for one in rest if one["system_id"] in active]


def moved_to(request: ExecutionRequest, stage: Stage, *, at: datetime) -> None:
    """Put a locked request into a stage; the caller keeps it, once for all the steps of its transaction."""
    demand_step(Stage(request.stage), stage)
    request.stage, request.updated_at = stage.value, at


def retries_of(request: ExecutionRequest) -> int:
    """How often the same system is asked again, by the router's constitution."""
    return int((request.route or {}).get("max_retries", 0))


def delay_of(request: ExecutionRequest) -> timedelta:
    """How long after one system failed the next is asked, by the router's constitution."""
    return timedelta(milliseconds=int((request.route or {}).get("fallback_delay_ms", 0)))


def pause(attempt: int) -> timedelta:
    """How long the same system is left alone after its call number `attempt`."""
    return min(FIRST_PAUSE * 2 ** max(attempt - 1, 0), LONGEST_PAUSE)
