"""Executions as plain values, for the API and exports."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from governance.registry.records import utc
from routing.executions.preview import Preview
from routing.executions.queries import Line, Story, Whole
from routing.executions.stages import Stage

COLUMNS: Final = (
    "id", "request", "system", "action", "stage", "status", "channel", "requested_by", "parent_id", "created_at", "finished_at",
    "cost_usd", "progress", "progress_note", "stars", "is_disputed",
)  # fmt: skip


def line_record(line: Line) -> dict[str, Any]:
    """One row of the list."""
    return {
        "id": str(line.id),
        "request": line.request,
        "system": line.system,
        "action": line.action,
        "stage": line.stage,
        "status": line.status or None,
        "channel": line.channel,
        "requested_by": line.requested_by,
        "parent_id": None if line.parent_id is None else str(line.parent_id),
        "created_at": utc(line.created_at),
        "finished_at": utc(line.finished_at),
        "cost_usd": None if line.cost_usd is None else f"{line.cost_usd:f}",
        "progress": line.progress,
        "progress_note": line.progress_note,
        "stars": line.stars,
        "is_disputed": line.is_disputed,
    }


def whole_record(whole: Whole, asked: Preview | None) -> dict[str, Any]:
    """One execution with everything that is known of it; `asked` is what a person is asked about it."""
    check = dict(whole.governance_check)
    return {
        **line_record(whole.line),
        "sentence": sentence_of(whole),
        "input": whole.input,
        "answer": whole.output,
        "error": whole.error,
        "session": whole.session,
        "steps": list(whole.steps),
        "routing_path": list(whole.routing_path),
        "route": whole.route,
        "governance_check": check,
        "verdict": {
            "id": None if whole.verdict_id is None else str(whole.verdict_id),
            "outcome": check.get("outcome", ""),
            "sentence": check.get("reason", ""),
        },
        "question": None if asked is None or whole.question_id is None else _question(whole.question_id, asked),
        "holds": [{**asdict(one), "id": str(one.id)} for one in whole.holds],
        "deadline_at": utc(whole.deadline_at),
        "duration_ms": whole.duration_ms,
        "is_cancel_wanted": whole.is_cancel_wanted,
        "feedback": whole.feedback,
        "rated_by": whole.rated_by,
        "rated_at": utc(whole.rated_at),
        "suggestions": list(whole.suggestions),
        "should_retry_with_different_path": whole.should_retry,
        "dispute": whole.dispute,
        "disputed_by": whole.disputed_by,
        "disputed_at": utc(whole.disputed_at),
        "corrected_to": whole.corrected_to,
        "corrected_by": whole.corrected_by,
        "hops": [line_record(one) for one in whole.hops],
        "receipt": None if whole.receipt is None else asdict(whole.receipt),
        "lifecycle_state": whole.lifecycle,
        "url": f"/executions/{whole.line.id}/",
    }


def _question(id: UUID, asked: Preview) -> dict[str, Any]:
    return {
        "id": str(id),
        "digest": asked.digest,
        "due_at": utc(asked.due_at),
        **{name: asked.bound[name] for name in ("system", "action", "tool", "constitution_version")},
        "maximum": asked.maximum,
        "way": asked.way,
        "target": asked.target,
        "moved": asked.moved,
        "why_not_approve": asked.box.approve,
        "why_not_reject": asked.box.refuse,
    }


def steps_record(story: Story, *, after: int) -> dict[str, Any]:
    """What happened after the first `after` steps."""
    return {
        "stage": story.stage,
        "status": story.status or None,
        "progress": story.progress,
        "progress_note": story.progress_note,
        "steps": list(story.steps[after:]),
        "next": len(story.steps),
    }


def taken_record(id: Any, stage: str) -> dict[str, Any]:
    """A request that was taken on, and where to follow it."""
    follow = reverse("api-execution", args=[id])
    sentence = f"It is taken on. Follow it at {follow}" if stage == Stage.RECEIVED.value else "It was taken on before."
    return {"id": str(id), "stage": stage, "sentence": sentence, "follow": follow, "url": f"/executions/{id}/"}


def sentence_of(whole: Whole) -> str:
    """Where it stands, for a person."""
    line = whole.line
    if line.stage != Stage.DONE.value:
        return str(whole.steps[-1]["sentence"]) if whole.steps else ""
    return whole.error or f"{line.system} answered."
