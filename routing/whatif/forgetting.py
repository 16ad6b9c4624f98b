"""Words of requests that are destroyed go from what-ifs, which are kept with their jobs: examples, and patterns of rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.scope import Scope
from routing.lifecycle.forgetting import Destroyed
from routing.whatif.asked import quoted
from routing.whatif.evidence import plain
from routing.whatif.running import KIND

GONE: Final = "Destroyed"


def forget(scope: Scope, gone: Destroyed) -> int:
    """Returns how many examples and patterns lost their words. A result names some dozens of executions; results are few."""
    rows = (
        Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND)
        .only("id", "tenant", "result", "payload")
        .order_by("id")
    )
    ids, count = {str(id) for id in gone.ids}, 0
    for job in rows.iterator(chunk_size=100):
        found = [*_examples(job.result, ids), *_added(job.payload["asked"], gone)]
        is_said = bool(found) or _is_said(job, gone)
        for one in found:
            one["text"] = GONE
        if is_said and "said" in job.result:
            job.result["said"] = plain({**job.result, "asked": job.payload["asked"]})
        if is_said:
            jobs.take_away(job=job)
        count += len(found) or is_said
    return count


def _added(asked: dict[str, Any], gone: Destroyed) -> list[dict[str, Any]]:
    """New rules in the words of a destroyed request."""
    return [one for one in asked["added"] if one["text"].strip() in gone.texts]


def _is_said(job: Job, gone: Destroyed) -> bool:
    """Whether the sentences about a rule that is off repeat such words."""
    said = str(job.result.get("said", "")) if job.payload["asked"]["off"] else ""
    return bool(said) and any(quoted(text) in said for text in gone.texts)


def _examples(value: Any, ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """Every object in a result that is about one of these executions."""
    if isinstance(value, dict):
        if value.get("execution_id") in ids and "text" in value:
            yield value
        for part in value.values():
            yield from _examples(part, ids)
    elif isinstance(value, list):
        for part in value:
            yield from _examples(part, ids)
