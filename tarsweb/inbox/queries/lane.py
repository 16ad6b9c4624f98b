"""The batch lane: which of somebody's questions one look may decide, and what a look at them shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.amendments.queries.alike import Alike, alike_facts
from governance.approvals import queries as approvals
from governance.scope import Scope
from tarsweb.inbox.alike import Apart, Candidate, Lane, lanes, sorted_out
from tarsweb.inbox.queries.lines import Line, lines_of
from tarsweb.inbox.risk import Level


@dataclass(frozen=True, slots=True)
class Together:
    """What one look shows: those that are decided, those that fall out, and those that this person cannot answer now."""

    members: tuple[Candidate, ...]
    apart: tuple[Apart, ...]
    missing: tuple[str, ...]
    lines: dict[str, Line]

    @property
    def first(self) -> Candidate | None:
        return self.members[0] if self.members else None


def lanes_of(lines: Iterable[Line], *, scope: Scope) -> tuple[Lane, ...]:
    """The groups among these lines. Without two that read alike it asks the database nothing."""
    plausible = [line for line in lines if _is_plausible(line)]
    alike = Counter(_reads(line) for line in plausible)
    return lanes(_candidates([line for line in plausible if alike[_reads(line)] > 1], scope=scope))


def together(*, scope: Scope, labels: Sequence[str], at: datetime) -> Together:
    """Look at these amendments together, as this actor may answer them now."""
    questions = approvals.waiting_for(scope=scope, at=at)
    items = approvals.with_rows(questions, scope=scope, at=at)
    wanted = dict.fromkeys(labels)
    asked = [item for item in items if item.question and item.question.kind == "amendment" and item.row.label in wanted]
    mine = frozenset(item.row.subject_id for item in asked)
    by_label = {line.row.label: line for line in lines_of(asked, scope=scope, at=at, mine=mine)}
    found = _candidates([by_label[label] for label in wanted if label in by_label], scope=scope)
    members, apart = sorted_out(found)
    known = {candidate.label for candidate in found}
    return Together(members, apart, tuple(label for label in wanted if label not in known), by_label)


def _is_plausible(line: Line) -> bool:
    return line.question is not None and line.question.kind == "amendment" and line.risk.level is Level.LOW


def _reads(line: Line) -> tuple[str, ...]:
    return (line.row.type, line.row.basis, line.row.effect, line.row.sentence)


def _candidates(lines: Sequence[Line], *, scope: Scope) -> tuple[Candidate, ...]:
    if not lines:
        return ()
    facts = alike_facts(scope=scope, ids=[line.row.subject_id for line in lines])
    return tuple(_candidate(line, facts[line.row.subject_id]) for line in lines if line.row.subject_id in facts)


def _candidate(line: Line, facts: Alike) -> Candidate:
    row = line.row
    return Candidate(
        label=row.label,
        system=row.system,
        digest=facts.digest,
        type=row.type,
        basis=row.basis,
        effect=row.effect,
        steps=facts.steps,
        sentence=row.sentence,
        is_low_risk=line.risk.level is Level.LOW,
        is_stale=row.is_stale,
        is_overdue=line.is_overdue or line.is_over,
        comments=facts.comments,
        rivals=facts.rivals,
    )
