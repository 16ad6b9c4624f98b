"""Replaying the last 30 days under an amendment that changes rules, in the worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.amendments.errors import NothingToReplay
from governance.amendments.queries.page import found_proposal
from governance.amendments.queries.replaying import change_by, replay_key
from governance.amendments.queries.rule_change import change_under
from governance.jobs import actions as jobs
from governance.jobs.handlers import GiveUp, Run
from governance.jobs.models import Job
from governance.ledger.verbs import governed
from governance.rulebook.queries import replays
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant

KIND = "rulebook.replay"


@governed("amendments.start_replay", subject="number")
def start_replay(*, scope: Scope, number: int, at: datetime) -> Job:
    """Have the last 30 days replayed; the same revision and day give the same job. Raises `NotAllowed`, `NotFound`,
    `NothingToReplay`."""
    scope.demand(Capability.READ_RECORD, to="replay decisions")
    proposal = found_proposal(scope=scope, number=number)
    change = change_under(proposal)
    if change is None:
        raise NothingToReplay(f"{proposal.label} changes no rules, so every decision stays as it was.")
    window = replays.window_at(at)
    return jobs.start(
        scope=scope,
        kind=KIND,
        key=replay_key(change.digest, at),
        title=f"Replay of the last 30 days under {proposal.label}",
        payload={
            "number": number,
            "digest": change.digest,
            "since": window.since.isoformat(),
            "until": window.until.isoformat(),
        },
        at=at,
    )


def handle(run: Run) -> dict[str, Any]:
    """Replay in steps. The result is kept with the job."""
    asked = run.payload
    window = replays.Window(datetime.fromisoformat(asked["since"]), datetime.fromisoformat(asked["until"]))
    with in_tenant(run.scope.tenant_id):
        change = change_by(scope=run.scope, number=asked["number"], digest=asked["digest"])
        if change is None:
            raise GiveUp("The amendment was revised meanwhile. Replay its new revision.")
        total = replays.count(scope=run.scope, change=change, window=window, most=replays.MOST)
    replay, after, is_over = replays.begun(window), None, False
    while not is_over:
        with in_tenant(run.scope.tenant_id):
            after = replays.step(replay, scope=run.scope, change=change, window=window, after=after, at=window.until)
        is_over = after is None or replay.total >= replays.MOST
        run.progress(min(replay.total, total), total, "decisions asked again")
    return {**replay.as_json(), "url": f"/amendments/AMD-{asked['number']}/replay/", "label": "See the replay"}
