"""Saved cases, and how each fares under the law in force or a proposed one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.errors import DomainError, NotFound
from governance.policy.verdict import Outcome, Verdict
from governance.rulebook.models import PolicyCase
from governance.rulebook.why import OUTCOMES, Why, why_of
from governance.scope import Scope

EXPECTATIONS: Final = {
    Outcome.PERMIT: "must be permitted",
    Outcome.DENY: "must be denied",
    Outcome.REQUIRE_APPROVAL: "must require approval",
}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Empty means any. `state` is `pass` or `fail`, as they run now; `is_retired` shows the retired ones instead."""

    q: str = ""
    system: str = ""
    expected: str = ""
    state: str = ""
    is_retired: bool = False

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Case:
    """One saved case."""

    id: UUID
    name: str
    system: str
    action: str
    facts: dict[str, Any]
    decided_at: datetime | None
    expected: str
    expected_rules: tuple[str, ...]
    note: str
    created_at: datetime
    created_by: str
    retired_at: datetime | None

    @property
    def expected_label(self) -> str:
        return OUTCOMES[Outcome(self.expected)][0]

    @property
    def expectation(self) -> str:
        return EXPECTATIONS[Outcome(self.expected)]


@dataclass(frozen=True, slots=True)
class Run:
    """One case as it ran. `failed_because` is "" for a pass; `why` is None where nothing could be asked."""

    case: Case
    failed_because: str
    why: Why | None

    @property
    def is_pass(self) -> bool:
        return not self.failed_because

    @property
    def deciding(self) -> tuple[str, ...]:
        """The rules that decide."""
        return tuple(ground.rule for ground in self.why.because) if self.why else ()


@dataclass(frozen=True, slots=True)
class Runs:
    """Every case that ran."""

    runs: tuple[Run, ...]

    @property
    def passed(self) -> int:
        return sum(run.is_pass for run in self.runs)

    @property
    def failed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if not run.is_pass)


def cases(*, scope: Scope, filter: CaseFilter) -> QuerySet[PolicyCase]:
    """The cases that fit, by name; `state` is for `narrowed`, which needs them run."""
    rows = PolicyCase.objects.filter(tenant_id=scope.tenant_id, retired_at__isnull=not filter.is_retired)
    if filter.q:
        words = [
            Q(name__icontains=word) | Q(action__icontains=word) | Q(note__icontains=word)
            for word in filter.q.split()[:5]
        ]
        rows = rows.filter(*words)
    if filter.system:
        rows = rows.filter(system__name=filter.system)
    if filter.expected:
        rows = rows.filter(expected=filter.expected)
    return rows.select_related("system").defer("system__constitution").order_by("name", "id")


def found_case(*, scope: Scope, case_id: UUID) -> Case:
    """Raises `NotFound`, for another tenant's as well."""
    row = PolicyCase.objects.filter(tenant_id=scope.tenant_id, id=case_id).select_related("system").first()
    if row is None:
        raise NotFound("There is no such case. The list of cases shows those there are.")
    return case_of(row)


def narrowed(runs: Iterable[Run], *, state: str) -> list[Run]:
    """Only those that pass or fail, as `state` says."""
    return [run for run in runs if not state or run.is_pass == (state == "pass")]


def case_of(row: PolicyCase) -> Case:
    return Case(
        id=row.id,
        name=row.name,
        system=row.system.name,
        action=row.action,
        facts=row.facts,
        decided_at=row.decided_at,
        expected=row.expected,
        expected_rules=tuple(row.expected_rules),
        note=row.note,
        created_at=row.created_at,
        created_by=row.created_by,
        retired_at=row.retired_at,
    )


def ran(case: Case, answer: Verdict | DomainError) -> Run:
    """How a case fared, from what was answered to it."""
    if isinstance(answer, DomainError):
        return Run(case, failed_because=answer.sentence, why=None)
    return Run(case, failed_because=_difference(case, answer), why=why_of(answer))


def _difference(case: Case, verdict: Verdict) -> str:
    if verdict.outcome.value != case.expected:
        label = OUTCOMES[verdict.outcome][0].lower()
        return f"Expected {case.expected_label.lower()}, but it is {label}."
    said = {ground.rule for ground in verdict.because}
    if missing := [rule for rule in case.expected_rules if rule not in said]:
        return f"The outcome is as expected, but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} no reason of it."
    return ""
