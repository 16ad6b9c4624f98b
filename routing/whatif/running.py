"""The job: both sides made ready once, executions replayed in batches, then what the new systems did with similar ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from governance.jobs.handlers import GiveUp, Run
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.router.serving import embedder_of
from routing.whatif import reading, sides
from routing.whatif.asked import Asked, asked_of, words_of
from routing.whatif.changed import Changed, NothingRouted, changed_by
from routing.whatif.estimate import History
from routing.whatif.judging import Judge
from routing.whatif.outcome import FORM, outcome_of
from routing.whatif.reading import Window
from routing.whatif.scoring import Side
from routing.whatif.tally import Move, Tally

KIND: Final = "routing.whatif"


def handle(run: Run) -> dict[str, Any]:
    """Replay. The result is kept with the job, whose payload is the question."""
    asked, embedder = asked_of(run.payload["asked"]), embedder_of(tenant_id=run.scope.tenant_id)
    until = datetime.fromisoformat(run.payload["until"])
    window = Window(until - timedelta(days=asked.days), until)
    with in_tenant(run.scope.tenant_id):
        changed = _still(run.scope, asked, run.payload["digest"])
        ground = sides.ground(scope=run.scope, model=embedder.model, changed=changed)
        total = reading.count(scope=run.scope, window=window)
    before = sides.today(ground, dimensions=embedder.dimensions)
    after = sides.under(ground, asked=asked, changed=changed, embedder=embedder)
    both = Both(
        before,
        after,
        Judge(run.scope, until),
        Judge(run.scope, until, {changed.system: changed.document} if changed else {}),
        embedder.model,
    )
    tally = replayed(run, window=window, both=both, total=total)
    found = outcome_of(
        tally,
        total=total,
        days=asked.days,
        model=embedder.model,
        histories=_histories(run.scope, until=until, model=embedder.model),
    )
    patterns = {str(rule.id): rule.pattern for rule in ground.rules}
    return {
        "form": FORM,
        "said": said(asked, changed, before, after, patterns),
        "system": changed.system if changed else after.law.router,
        "document_digest": changed.digest if changed else "",
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "model": embedder.model,
        "router": after.law.router,
        "thresholds": {"before": before.law.threshold, "after": after.law.threshold},
        "rules": {"before": len(before.rules), "after": len(after.rules)},
        **found,
        "url": f"/what-if/{run.job_id}/",
        "label": "See what would have happened",
    }


@dataclass(frozen=True, slots=True)
class Both:
    """The two laws that a replay compares, and who asks the rules for each."""

    before: Side
    after: Side
    asks_before: Judge
    asks_after: Judge
    model: str


def replayed(run: Run, *, window: Window, both: Both, total: int) -> Tally:
    """The newest `reading.MOST` executions of the window on both sides, a batch in each transaction."""
    tally, last = Tally(), None
    most = min(total, reading.MOST)
    while tally.read < reading.MOST:
        size = min(reading.BATCH, reading.MOST - tally.read)
        with in_tenant(run.scope.tenant_id):
            found = reading.batch(scope=run.scope, window=window, model=both.model, after=last, most=size)
            count(tally, found, both=both)
        last = found.after
        run.progress(min(tally.read, most), most, "executions asked again")
        if last is None:
            break
    return tally


def count(tally: Tally, found: reading.Read, *, both: Both) -> None:
    """Put one batch on both sides and count it, inside the caller's transaction."""
    for reason in found.skipped:
        tally.skip(reason)
    if not found.cases:
        return
    known: dict[str, Any] = {"cases": found.cases, "vectors": found.vectors, "model": both.model}
    here = both.asks_before.settled(both.before, **known)
    there = both.asks_after.settled(both.after, **known)
    for case, vector, before, after in zip(found.cases, found.vectors, here, there, strict=True):
        tally.add(case, vector=vector, before=before, after=after)


def said(asked: Asked, changed: Changed | None, before: Side, after: Side, patterns: Mapping[str, str]) -> str:
    """What was changed, in sentences."""
    return words_of(
        asked,
        label=changed.label if changed else "",
        system=changed.system if changed else after.law.router,
        thresholds=(before.law.threshold, after.law.threshold),
        patterns=patterns,
    )


def _still(scope: Scope, asked: Asked, digest: str) -> Changed | None:
    """The constitution that was asked about. Raises `GiveUp` when it is another by now."""
    try:
        found = changed_by(scope=scope, asked=asked)
    except NothingRouted as refused:
        raise GiveUp(refused.sentence) from refused
    if (found.digest if found else "") != digest:
        raise GiveUp("The amendment was revised meanwhile. Ask again about its new revision.")
    return found


def _histories(scope: Scope, *, until: datetime, model: str) -> Any:
    known: dict[UUID, History | None] = {}

    def of(move: Move) -> History | None:
        id = move.after.id
        if id is None:
            return None
        if id not in known:
            with in_tenant(scope.tenant_id):
                known[id] = reading.history(scope=scope, system_id=id, until=until, model=model)
        return known[id]

    return of
