"""What moved since a proposal was made, what a later revision changed about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments import attachments, authority
from governance.amendments.facts import tenant_quorums
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.comparison import Comparison, Line, compared, lines_of
from governance.constitution.diff import Change, changes
from governance.constitution.merge import merge
from governance.registry.models import Cause, SystemVersion
from governance.scope import Scope

SHOWN = 20
"""Versions and pointers listed one by one."""
OPEN = tuple(state.value for state in State if state.is_open)


@dataclass(frozen=True, slots=True)
class Step:
    """One version that came since: what made it, in a sentence, and the number of the amendment behind it."""

    version: int
    said: str
    number: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why approvals given so far are void. `conflicts` are pointers that both sides changed: a rebase would refuse."""

    base: int
    current: int
    steps: tuple[Step, ...]
    pointers: tuple[str, ...]
    conflicts: tuple[str, ...]
    has_policy_moved: bool

    @property
    def has_base_moved(self) -> bool:
        return self.base != self.current

    @property
    def more(self) -> int:
        """Versions that `steps` leaves out."""
        return max(0, self.current - self.base - len(self.steps))


@dataclass(frozen=True, slots=True)
class Delta:
    """What a revision says that the one before it did not, each relative to its own base."""

    since: int
    why: str
    added: tuple[Line, ...]
    dropped: tuple[Line, ...]
    evidence: tuple[str, ...]
    base_before: int
    base_after: int

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.dropped or self.evidence)


def staleness(
    *, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, comparison: Comparison
) -> Staleness | None:
    """What moved under an open proposal, or None when nothing did. `proposal` comes with its `system`."""
    system = proposal.system
    policy = authority.policy_version(tenant_quorums(scope=scope))
    if proposal.state not in OPEN:
        return None
    if revision.base_version == system.constitution_version and revision.policy_version == policy:
        return None
    merged = merge(comparison.old, system.constitution, comparison.new)
    return Staleness(
        base=revision.base_version,
        current=system.constitution_version,
        steps=_steps(scope=scope, proposal=proposal, since=revision.base_version),
        pointers=tuple(change.pointer for change in changes(comparison.old, system.constitution)[:SHOWN]),
        conflicts=tuple(conflict.pointer for conflict in merged.conflicts),
        has_policy_moved=revision.policy_version != policy,
    )


def delta(
    *,
    scope: Scope,
    proposal: AmendmentProposal,
    revision: ProposalRevision,
    now: Comparison,
    since: int | None = None,
) -> Delta | None:
    """What the current revision changed about revision `since` (the one before it); None for a first revision."""
    since = revision.number - 1 if since is None else since
    if not 1 <= since < revision.number:
        return None
    before = ProposalRevision.objects.get(tenant_id=scope.tenant_id, proposal=proposal, number=since)
    then = step_of(scope=scope, proposal=proposal, revision=before)
    known, asked = ({_key(change): change for change in side.changes} for side in (then, now))
    return Delta(
        since=before.number,
        why=revision.why,
        added=lines_of([change for key, change in asked.items() if key not in known]),
        dropped=lines_of([change for key, change in known.items() if key not in asked]),
        evidence=_evidence_moves(before, revision),
        base_before=before.base_version,
        base_after=revision.base_version,
    )


def step_of(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision) -> Comparison:
    """The step a revision asks for, from the stored bytes of its base and of what it proposes."""
    base = SystemVersion.objects.get(
        tenant_id=scope.tenant_id, system_id=proposal.system_id, number=revision.base_version
    )
    return compared(_document(base.canonical), _document(revision.new_constitution))


def _document(data: Any) -> dict[str, Any]:
    document: dict[str, Any] = canonical.loads_canonical(bytes(data))
    return document


def _key(change: Change) -> str:
    """A change's identity across revisions; list items by name, because indexes shift with the base."""
    said = change.as_json()
    return canonical.digest([change.kind, list(change.names), said.get("old"), said.get("new")])


def _steps(*, scope: Scope, proposal: AmendmentProposal, since: int) -> tuple[Step, ...]:
    rows = (
        SystemVersion.objects.filter(tenant_id=scope.tenant_id, system_id=proposal.system_id, number__gt=since)
        .select_related("amendment")
        .defer("canonical", "amendment__old_constitution", "amendment__new_constitution")
    )
    return tuple(_step(row) for row in rows.order_by("number")[:SHOWN])


def _step(row: SystemVersion) -> Step:
    amendment = row.amendment
    if amendment is None:
        return Step(row.number, "was registered", None, row.at)
    if row.cause == Cause.ROLLBACK:
        return Step(row.number, f"{amendment.label} was rolled back.", amendment.number, row.at)
    return Step(row.number, f"{amendment.label} took effect: {amendment.sentence}", amendment.number, row.at)


def _evidence_moves(before: ProposalRevision, after: ProposalRevision) -> tuple[str, ...]:
    keys = before.evidence.keys() | after.evidence.keys()
    words = []
    for key in keys - {attachments.KEY}:
        if key not in before.evidence:
            words.append(f"{key} was added")
        elif key not in after.evidence:
            words.append(f"{key} was taken away")
        elif before.evidence[key] != after.evidence[key]:
            words.append(f"{key} was changed")
    old, new = ({one["digest"]: one["name"] for one in attachments.named_in(side.evidence)} for side in (before, after))
    words += [f"the file {new[digest]} was attached" for digest in new.keys() - old.keys()]
    words += [f"the file {old[digest]} was taken away" for digest in old.keys() - new.keys()]
    return tuple(sorted(words))
