"""Examples of replays that are requests which are destroyed: their words go from the results, which are kept with the jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.scope import Scope
from routing.lifecycle.forgetting import Destroyed
from routing.whatif.running import KIND


def forget(scope: Scope, gone: Destroyed) -> int:
    """Returns how many examples lost their words. A result names at most some dozens of executions; results are few."""
    rows = Job.objects.filter(tenant_id=scope.tenant_id, kind=KIND).only("id", "result").order_by("id")
    ids, count = {str(id) for id in gone.ids}, 0
    for job in rows.iterator(chunk_size=100):
        examples = list(_examples(job.result, ids))
        for one in examples:
            one["text"] = "Destroyed"
        if examples:
            jobs.amend_result(job=job, result=job.result)
        count += len(examples)
    return count


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
