"""Stored verdicts: a list that stays quick in a long record, and one verdict whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.errors import NotFound
from governance.policy.verdict import Outcome
from governance.rulebook.constitution_rules import AMEND
from governance.rulebook.models import StoredVerdict
from governance.rulebook.question import is_destroyed
from governance.rulebook.why import OUTCOMES, Why, why_of
from governance.scope import Scope

PAGE = 50
ACTS = "acts"
ABOUT_AMENDMENTS = Q(action=AMEND)
"""What amendments asked about themselves is no act of the system that they change."""
SPAN = 50_000
"""Verdicts that one page of a search by action, outcome, rule or session looks through."""


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """Empty means any. `until` is excluded. `about`: `acts` of systems, or the `amendments` that TARS itself asked about."""

    system: str = ""
    action: str = ""
    outcome: str = ""
    rule: str = ""
    session: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Line:
    """One verdict of the list."""

    id: UUID
    at: datetime
    system: str
    action: str
    session: str
    outcome: str
    sentence: str
    rules_applied: tuple[str, ...]
    compliance_score: float
    asked_by: str
    digest: str
    is_sealed: bool

    @property
    def label(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][0]

    @property
    def tone(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][1]

    @property
    def mark(self) -> str:
        return OUTCOMES[Outcome(self.outcome)][2]


@dataclass(frozen=True, slots=True)
class Found:
    """One page, newest first. `older` continues it; `looked_down_to` is set when the search stopped at `SPAN`."""

    lines: tuple[Line, ...]
    older: UUID | None
    looked_down_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class WholeVerdict:
    """One stored verdict with its question and its card."""

    line: Line
    facts: dict[str, Any]
    asked_at: datetime
    why: Why
    rulebook_digest: str
    signer: str
    sealed_in: int | None


def search(*, scope: Scope, filter: VerdictFilter, before: UUID | None = None, limit: int = PAGE) -> Found:
    """At most `limit` verdicts that fit, older than the verdict `before`."""
    window = within(scope=scope, filter=filter, before=before)
    wanted = sought(filter)
    if not wanted:
        return _page(list(_lines(window)[: limit + 1]), limit)
    newest = window.values("id")[:SPAN]
    fitting = _lines(rows(scope=scope).filter(wanted, id__in=newest))
    found = _page(list(fitting[: limit + 1]), limit)
    last = window.values_list("id", "at")[SPAN - 1 : SPAN].first() if found.older is None else None
    return found if last is None else Found(found.lines, older=last[0], looked_down_to=last[1])


def within(*, scope: Scope, filter: VerdictFilter, before: UUID | None = None) -> QuerySet[StoredVerdict]:
    """What an index finds: the tenant's verdicts of a system and a time, newest first."""
    found = rows(scope=scope)
    if filter.system:
        found = found.filter(system__name=filter.system)
    if filter.since:
        found = found.filter(at__gte=filter.since)
    if filter.until:
        found = found.filter(at__lt=filter.until)
    if before is not None:
        row = StoredVerdict.objects.filter(tenant_id=scope.tenant_id, id=before).values_list("at").first()
        found = found.filter(Q(at__lt=row[0]) | Q(at=row[0], id__lt=before)) if row else found.none()
    return found.order_by("-at", "-id")


def rows(*, scope: Scope) -> QuerySet[StoredVerdict]:
    """The tenant's verdicts."""
    return StoredVerdict.objects.filter(tenant_id=scope.tenant_id)


def sought(filter: VerdictFilter) -> Q:
    """What has to be looked for."""
    wanted = Q()
    for name in ("action", "outcome", "session"):
        if value := getattr(filter, name):
            wanted &= Q(**{name: value})
    if filter.about:
        wanted &= ~ABOUT_AMENDMENTS if filter.about == ACTS else ABOUT_AMENDMENTS
    return wanted & Q(rules_applied__contains=[filter.rule]) if filter.rule else wanted


def found_verdict(*, scope: Scope, verdict_id: UUID) -> WholeVerdict:
    """Raises `NotFound`, for another tenant's as well."""
    row = rows(scope=scope).filter(id=verdict_id).select_related("system").first()
    if row is None:
        raise NotFound("There is no such verdict. The list of verdicts shows those there are.")
    return whole(row)


def whole(row: StoredVerdict) -> WholeVerdict:
    """A stored verdict as its bytes say it."""
    question, answer = question_of(row), json.loads(bytes(row.answer))
    return WholeVerdict(
        line=line_of(row),
        facts=question if is_destroyed(question) else question.get("facts", {}),
        asked_at=row.at,
        why=why_of(answer),
        rulebook_digest=row.rulebook_digest,
        signer=row.signer,
        sealed_in=row.sealed_in,
    )


def question_of(row: StoredVerdict) -> dict[str, Any]:
    """What was asked, from the canonical bytes."""
    question: dict[str, Any] = json.loads(bytes(row.question))
    return question


def line_of(row: StoredVerdict) -> Line:
    return Line(
        id=row.id,
        at=row.at,
        system=row.system.name,
        action=row.action,
        session=row.session,
        outcome=row.outcome,
        sentence=row.sentence,
        rules_applied=tuple(row.rules_applied),
        compliance_score=float(row.compliance_score),
        asked_by=row.asked_by,
        digest=row.digest,
        is_sealed=row.sealed_in is not None,
    )


def _lines(found: QuerySet[StoredVerdict]) -> QuerySet[StoredVerdict]:
    """The rows without their documents, each with its system."""
    return found.select_related("system").order_by("-at", "-id").only(*_COLUMNS)


def _page(found: list[StoredVerdict], limit: int) -> Found:
    older = found[limit - 1].id if len(found) > limit else None
    return Found(tuple(line_of(row) for row in found[:limit]), older)


_COLUMNS = (
    "id",
    "at",
    "system__name",
    "action",
    "session",
    "outcome",
    "sentence",
    "rules_applied",
    "compliance_score",
    "asked_by",
    "digest",
    "sealed_in",
)
