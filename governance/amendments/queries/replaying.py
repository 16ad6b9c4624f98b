"""The last 30 days asked again under an amendment that changes rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from governance.amendments.facts import current_revision
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries.page import found_proposal
from governance.amendments.queries.rule_change import change_under
from governance.jobs import queries as jobs
from governance.jobs.models import Job, JobState
from governance.rulebook.queries import replays
from governance.rulebook.queries.replays import Change
from governance.rulebook.replay import Replay, replay_of
from governance.scope import Scope

KEY: Final = "rulebook.replay:"


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """The replay of one amendment: done, under way in the worker, or to be started. `refused` says why there is none."""

    proposal: AmendmentProposal
    replay: Replay | None
    job: jobs.Row | None
    total: int
    refused: str

    @property
    def can_start(self) -> bool:
        return not self.refused and self.replay is None and not (self.job and self.job.is_active)


def change_by(*, scope: Scope, number: int, digest: str) -> Change | None:
    """The change that a digest names, if it is still the one asked for."""
    change = change_under(found_proposal(scope=scope, number=number))
    return change if change is not None and change.digest == digest else None


def replay_page(*, scope: Scope, number: int, at: datetime) -> ReplayPage:
    """A few hundred decisions are replayed at once; of more, what the worker found today. Raises `NotFound`."""
    proposal = found_proposal(scope=scope, number=number)
    revision = current_revision(proposal)
    kept = (
        Job.objects.filter(tenant_id=scope.tenant_id, key__startswith=f"{KEY}{revision.digest}:")
        .order_by("-id")
        .first()
    )
    change = change_under(proposal, revision=revision)
    if (
        kept is not None
        and kept.state == JobState.DONE
        and (change is None or kept.key == replay_key(revision.digest, at))
    ):
        return ReplayPage(proposal, replay_of(kept.result), None, kept.result["total"], "")
    if change is None:
        return ReplayPage(proposal, None, None, 0, _why_not(proposal))
    window = replays.window_at(at)
    total = replays.count(scope=scope, change=change, window=window, most=replays.MOST)
    if total <= replays.AT_ONCE:
        return ReplayPage(proposal, replays.whole(scope=scope, change=change, window=window, at=at), None, total, "")
    return ReplayPage(proposal, None, jobs.row_of(scope=scope, job=kept) if kept else None, total, "")


def replay_key(digest: str, at: datetime) -> str:
    """One replay for each revision and day."""
    return f"{KEY}{digest}:{at:%Y-%m-%d}"


def _why_not(proposal: AmendmentProposal) -> str:
    if State(proposal.state).is_open:
        return f"{proposal.label} changes no rules, so every decision stays as it was."
    return f"{proposal.label} is decided. A replay says what a change would do, so it is made before."
