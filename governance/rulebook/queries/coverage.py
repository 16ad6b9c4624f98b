"""Which rules of the tenant's law are held by a saved case, by clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from governance.rulebook.asked import AskedCase, Row
from governance.rulebook.mentioned import facts_for
from governance.rulebook.queries.asking import RuleRow, rules_in_force
from governance.rulebook.queries.cases import Case
from governance.rulebook.queries.rules import RuleLine, line_of
from governance.rulebook.queries.running import run_cases
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class CoveredRule:
    """A rule with the cases in which it decides, or where one begins to write one."""

    line: RuleLine
    cases: tuple[Case, ...]
    write_query: str


@dataclass(frozen=True, slots=True)
class CoveredClause:
    """A clause with its rules."""

    document: str
    clause: str
    rules: tuple[CoveredRule, ...]

    @property
    def is_covered(self) -> bool:
        return all(rule.cases for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The law's clauses that hold rules."""

    clauses: tuple[CoveredClause, ...]

    @property
    def rules(self) -> int:
        return sum(len(clause.rules) for clause in self.clauses)

    @property
    def covered(self) -> int:
        return sum(bool(rule.cases) for clause in self.clauses for rule in clause.rules)

    @property
    def share(self) -> float:
        return self.covered / self.rules if self.rules else 0.0

    @property
    def open(self) -> list[CoveredRule]:
        return [rule for clause in self.clauses for rule in clause.rules if not rule.cases]


def coverage(*, scope: Scope, at: datetime) -> Coverage:
    """Run every case once, and say which rules of the law decide one."""
    rows = [row for row in rules_in_force(scope=scope, at=at) if row.clause]
    deciding: dict[str, list[Case]] = {}
    runs = run_cases(scope=scope, at=at).runs
    for run in runs:
        for rule in run.deciding:
            deciding.setdefault(rule, []).append(run.case)
    system = runs[0].case.system if runs else ""
    lines = [_covered(row, rows, deciding, system=system, at=at) for row in rows]
    by_clause = groupby(
        sorted(lines, key=lambda one: (one.line.document, one.line.clause, one.line.id)),
        key=lambda one: (one.line.document, one.line.clause),
    )
    return Coverage(tuple(CoveredClause(document, clause, tuple(rules)) for (document, clause), rules in by_clause))


def _covered(
    row: RuleRow, rows: Sequence[RuleRow], deciding: dict[str, list[Case]], *, system: str, at: datetime
) -> CoveredRule:
    line = line_of(row, at=at)
    names = facts_for([other.rule for other in rows], action=line.action) if line.action else ()
    asked = AskedCase(system=system, action=line.action, rows=tuple(Row(name, "") for name in names))
    return CoveredRule(line, tuple(deciding.get(line.id, ())), asked.query())
