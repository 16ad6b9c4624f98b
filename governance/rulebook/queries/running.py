"""Saved cases run under the law in force or a proposed one. The queries grow with the systems asked about, not the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from governance.rulebook.queries.asking import preview_many
from governance.rulebook.queries.cases import Case, CaseFilter, Run, Runs, case_of, cases, ran
from governance.rulebook.question import Question
from governance.scope import Scope


def run_cases(
    *,
    scope: Scope,
    at: datetime,
    law: Mapping[str, Any] | None = None,
    constitutions: Mapping[str, Mapping[str, Any]] | None = None,
    system: str = "",
) -> Runs:
    """Run the tenant's cases (of one system, where it is named) by name."""
    found = [case_of(row) for row in cases(scope=scope, filter=CaseFilter(system=system))]
    return Runs(run_these(found, scope=scope, at=at, law=law, constitutions=constitutions))


def run_these(
    found: Iterable[Case],
    *,
    scope: Scope,
    at: datetime,
    law: Mapping[str, Any] | None = None,
    constitutions: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Run, ...]:
    """Run these cases, in their order."""
    known = list(found)
    questions = [_question(case) for case in known]
    answers = preview_many(scope=scope, questions=questions, at=at, law=law, constitutions=constitutions or {})
    return tuple(ran(case, answer) for case, answer in zip(known, answers, strict=True))


def _question(case: Case) -> Question:
    return Question(system=case.system, action=case.action, facts=case.facts, at=case.decided_at)
