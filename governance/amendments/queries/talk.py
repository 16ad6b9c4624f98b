"""The changes of a revision with what was said about each, and what this reader has viewed and seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries.comparison import Line
from governance.discussion.actions import may_talk
from governance.discussion.queries import Remark, Seen, Thread, seen_by, threads_of, ticks_of
from governance.scope import Scope

KIND = "amendment"


@dataclass(frozen=True, slots=True)
class Spot:
    """One change, its place in the list (from 1), whether this reader has viewed it, and the threads about it."""

    index: int
    line: Line
    is_viewed: bool
    threads: tuple[Thread, ...]

    @property
    def index_text(self) -> str:
        return str(self.index)

    @property
    def may_suggest(self) -> bool:
        """Whether another value could stand there."""
        return bool(self.line.pointer) and self.line.kind != "removed" and not self.line.is_secret


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody wants a place to hold instead, in a thread that is not settled."""

    thread: Thread
    remark: Remark


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything said about an amendment. `elsewhere`: threads about the whole, or about no change of this revision."""

    spots: tuple[Spot, ...]
    elsewhere: tuple[Thread, ...]
    suggestions: tuple[Suggestion, ...]
    seen: Seen | None
    refused: str

    @property
    def viewed(self) -> int:
        return sum(spot.is_viewed for spot in self.spots)

    @property
    def open_threads(self) -> int:
        return sum(not thread.is_resolved for thread in self.threads)

    @property
    def threads(self) -> tuple[Thread, ...]:
        return (*self.elsewhere, *(thread for spot in self.spots for thread in spot.threads))

    @property
    def last(self) -> UUID | None:
        """The newest comment's id."""
        return max((remark.id for thread in self.threads for remark in thread.remarks), default=None)

    def spot_of(self, pointer: str) -> Spot | None:
        """The change at a pointer."""
        return next((spot for spot in self.spots if spot.line.pointer == pointer), None)


def talk_of(*, scope: Scope, proposal: AmendmentProposal, revision: ProposalRevision, lines: Sequence[Line]) -> Talk:
    """The talk of a page; three queries."""
    threads = threads_of(scope=scope, kind=KIND, subject_id=proposal.id)
    viewed = ticks_of(scope=scope, kind=KIND, subject_id=proposal.id, revision=revision.number)
    shown = {line.pointer for line in lines if line.pointer}
    first = {line.pointer: index for index, line in reversed(list(enumerate(lines, start=1)))}
    spots = tuple(
        Spot(index, line, line.pointer in viewed, _about(threads, line.pointer) if first[line.pointer] == index else ())
        for index, line in enumerate(lines, start=1)
    )
    return Talk(
        spots=spots,
        elsewhere=tuple(thread for thread in threads if thread.pointer not in shown),
        suggestions=tuple(suggestions_in(threads)),
        seen=seen_by(scope=scope, kind=KIND, subject_id=proposal.id),
        refused=may_talk(scope),
    )


def suggestions_in(threads: Iterable[Thread]) -> Iterable[Suggestion]:
    """The suggestions of threads that are not settled, in order."""
    for thread in threads:
        for remark in thread.remarks:
            if remark.has_suggestion and not thread.is_resolved:
                yield Suggestion(thread, remark)


def _about(threads: Sequence[Thread], pointer: str) -> tuple[Thread, ...]:
    return tuple(thread for thread in threads if thread.pointer == pointer) if pointer else ()
