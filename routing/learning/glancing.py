"""Most kinds that a night judges need nothing written: they are looked at many at a time, and judged singly where more is due.

INVARIANT: what is settled here is what `proposing.judge` would have found about the kind in the same state, counted in the same
way; nothing is locked and nothing is written. Where judging would write, it judges, with what it reads itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from governance.tenancy import in_tenant
from routing.learning.covering import Known, alike, covering_rule, has_rules
from routing.learning.drafting import Draft, drafts_of
from routing.learning.evidence import MOST_MEMBERS
from routing.learning.models import RequestCluster, RuleProposal, State
from routing.learning.proposing import (
    Desk,
    Tally,
    about,
    is_due,
    moved_values,
    newest_first,
    own_of,
    why_not_of,
)

MOST: Final = 1_000
"""Executions whose words and vectors are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Look:
    """A kind, and the rules that it speaks for."""

    cluster: RequestCluster
    drafts: tuple[Draft, ...]
    enough: tuple[Draft, ...]
    """Those of `drafts` that have enough executions."""


@dataclass(frozen=True, slots=True)
class _Near:
    """What stands already: for each draft (by its place in memory) the proposals that are as alike, all proposals about any of
    the kinds, and whether there are rules."""

    alike: Mapping[int, frozenset[UUID]]
    rows: Sequence[RuleProposal]
    has_rules: bool


class Glance:
    """Some kinds at once, in their order; those that have gone meanwhile are passed over."""

    def __init__(self, desk: Desk, ids: Sequence[UUID], known: Known) -> None:
        self._desk, self._known = desk, known
        with in_tenant(desk.scope.tenant_id):
            self._looks = deque(_looks(desk, ids))

    def next_due(self, tally: Tally) -> UUID | None:
        """The next kind about which something is to be written; those before it are in `tally`. None: there is none left.

        What stands is read anew at each call, as the kind that the last one gave may have changed it.
        """
        if not self._looks:
            return None
        with in_tenant(self._desk.scope.tenant_id):
            near = self._stands()
            while self._looks:
                look = self._looks.popleft()
                if not _is_settled(self._desk, look, near, tally):
                    return look.cluster.id
        return None

    def _stands(self) -> _Near:
        scope, law = self._desk.scope, self._desk.law
        known = self._known.read(scope=scope, model=law.model)
        drafts = [draft for look in self._looks for draft in look.enough]
        near = {id(one): frozenset(alike(vector=one.vector, near=known, bar=self._desk.bar)) for one in drafts}
        members = {member for draft in drafts for member in draft.members}
        rows = list(about(scope, list({one for ids in near.values() for one in ids}), members))
        return _Near(near, rows, has_rules(scope=scope, law=law))


def chunks(kinds: Sequence[tuple[UUID, int]]) -> Iterator[list[UUID]]:
    """Kinds, each with how often it was seen, some at a time, so that at most `MOST` executions are looked at (or one kind's)."""
    chunk: list[UUID] = []
    size = 0
    for id, seen in kinds:
        members = min(seen, MOST_MEMBERS)
        if chunk and size + members > MOST:
            yield chunk
            chunk, size = [], 0
        chunk.append(id)
        size += members
    if chunk:
        yield chunk


def _looks(desk: Desk, ids: Sequence[UUID]) -> Iterator[Look]:
    rows = RequestCluster.objects.filter(tenant_id=desk.scope.tenant_id, id__in=ids).defer("centre")
    found = {one.id: one for one in rows}
    clusters = [found[id] for id in ids if id in found]
    drafts = drafts_of(scope=desk.scope, clusters=clusters, model=desk.law.model, at=desk.at)
    for cluster, some in zip(clusters, drafts, strict=True):
        enough = tuple(one for one in some if one.seen >= desk.settings.least_similar)
        yield Look(cluster, tuple(some), enough)


def _is_settled(desk: Desk, look: Look, near: _Near, tally: Tally) -> bool:
    """Whether nothing needs to be written about the kind; what it counts for is in `tally` then."""
    found = replace(tally)
    found.unsure += not look.drafts
    if not all(_is_nothing(desk, look.cluster, one, near, found) for one in look.enough):
        return False
    for name in ("covered", "unsure", "decided", "left"):
        setattr(tally, name, getattr(found, name))
    return True


def _is_nothing(desk: Desk, cluster: RequestCluster, draft: Draft, near: _Near, tally: Tally) -> bool:
    rows = newest_first(one for one in near.rows if one.id in near.alike[id(draft)] or _waits_about(one, draft))
    own = own_of(rows, draft)
    rule = None
    if near.has_rules:
        rule = covering_rule(scope=desk.scope, text=draft.pattern, vector=draft.vector, law=desk.law)
    why_not = why_not_of(desk, draft, rule, tally)
    if own is not None:
        return not why_not and not moved_values(own, cluster, draft)
    if not why_not and is_due(rows, draft, tally):
        tally.left += 1
        return len(tally.proposed) >= desk.most
    return True


def _waits_about(row: RuleProposal, draft: Draft) -> bool:
    return row.state == State.WAITING and not draft.members.isdisjoint(row.examples)
