"""The rules in force as people look for them, and one rule with what it meets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from governance.errors import NotFound
from governance.policy.precedence import Precedence, label_of
from governance.policy.rules import Rule
from governance.policy.terms import Atom, Modality, Variable
from governance.rulebook.mentioned import covers
from governance.rulebook.opposed import Opponent, opponents
from governance.rulebook.queries.asking import RuleRow, rules_in_force
from governance.rulebook.queries.cases import Run
from governance.rulebook.queries.running import run_cases
from governance.rulebook.why import anchor_of
from governance.scope import Scope

WINDOW: Final = timedelta(days=30)
MOST_COUNTED: Final = 20_000
"""Verdicts of the window that are counted: the newest ones."""
MODALITIES: Final = {
    "forbids": "Forbids",
    "obliges": "Obliges",
    "permits": "Permits",
    "says": "Says what is so",
}
VALIDITIES: Final = {"in_force": "In force", "not_yet": "Not yet in force", "lapsed": "Lapsed"}


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Empty means any. `system` adds the rules of one system to those of the tenant's law."""

    q: str = ""
    system: str = ""
    document: str = ""
    precedence: str = ""
    modality: str = ""
    action: str = ""

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the list."""

    id: str
    words: str
    text: str
    document: str
    clause: str
    source: str
    weight: int
    precedence: str
    modality: str
    heads: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    validity: str
    authority: str
    bearer: str

    @property
    def anchor(self) -> str:
        return anchor_of(self.source, rule=self.id)

    @property
    def modality_label(self) -> str:
        return MODALITIES[self.modality]

    @property
    def validity_label(self) -> str:
        return VALIDITIES[self.validity]

    @property
    def action(self) -> str:
        """The action to try it with, "" where its head is no action's name."""
        return next((name for name in self.heads if self.modality != "says" and "*" not in name), "")


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule with what it meets: opposing rules, cases in which it decides, and how often it applied."""

    line: RuleLine
    opponents: tuple[Opponent, ...]
    cases: tuple[Run, ...]
    applied: int
    counted: int
    since: datetime


def rule_lines(*, scope: Scope, system: str = "", at: datetime) -> list[RuleLine]:
    """Every rule of the tenant's law and assets, and of one system where it is named."""
    return [line_of(row, at=at) for row in rules_in_force(scope=scope, system_name=system, at=at)]


def narrowed(lines: Iterable[RuleLine], *, filter: RuleFilter) -> list[RuleLine]:
    """Those that fit; the system has been asked for already."""
    words = filter.q.casefold().split()
    wanted = [("document", filter.document), ("precedence", filter.precedence), ("modality", filter.modality)]
    return [
        line
        for line in lines
        if all(not value or getattr(line, name) == value for name, value in wanted)
        and (not filter.action or any(covers(head, filter.action) for head in line.heads))
        and all(word in f"{line.id} {line.words} {line.text} {line.source}".casefold() for word in words)
    ]


def documents(lines: Iterable[RuleLine]) -> list[str]:
    return sorted({line.document for line in lines if line.document})


def precedences() -> list[str]:
    """The classes, highest first."""
    return [label_of(weight) for weight in sorted(Precedence, reverse=True)]


def rule_page(*, scope: Scope, rule_id: str, system: str, at: datetime) -> RulePage:
    """Raises `NotFound` for an id that no rule in force has."""
    rows = rules_in_force(scope=scope, system_name=system, at=at)
    row = next((row for row in rows if row.rule.id == rule_id), None)
    if row is None:
        where = f" for {system}" if system else ""
        raise NotFound(f"No rule in force{where} is called {rule_id[:80]}. It may have been amended since.")
    since = at - WINDOW
    applied, counted = applied_since(scope=scope, rule_id=rule_id, since=since)
    return RulePage(
        line=line_of(row, at=at),
        opponents=opponents(row.rule, [other.rule for other in rows]),
        cases=tuple(run for run in run_cases(scope=scope, at=at).runs if rule_id in run.deciding),
        applied=applied,
        counted=counted,
        since=since,
    )


def applied_since(*, scope: Scope, rule_id: str, since: datetime) -> tuple[int, int]:
    """In how many of the newest verdicts since then the rule was in force, and how many were looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_APPLIED, [rule_id, scope.tenant_id, since, MOST_COUNTED])
        applied, counted = cursor.fetchone()
    return int(applied), int(counted)


def line_of(row: RuleRow, *, at: datetime) -> RuleLine:
    rule = row.rule
    return RuleLine(
        id=rule.id,
        words=row.words,
        text=row.text,
        document=row.document or rule.id.partition("/")[0],
        clause=row.clause,
        source=rule.source,
        weight=rule.weight,
        precedence=label_of(rule.weight),
        modality=modality_of(rule),
        heads=heads_of(rule),
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        validity=validity_of(rule, at=at),
        authority=rule.authority,
        bearer=rule.bearer,
    )


def heads_of(rule: Rule) -> tuple[str, ...]:
    """The names that its head speaks about: actions, and what an approval is for (`*` where that is any action)."""
    return tuple(_spoken_of(literal.atom) for literal in rule.head.chain)


def _spoken_of(atom: Atom) -> str:
    if atom.name != "approved" or not atom.args:
        return atom.name
    return "*" if isinstance(atom.args[0], Variable) else str(atom.args[0])


def modality_of(rule: Rule) -> str:
    """`forbids`, `obliges`, `permits`, or `says` for a rule about facts."""
    if rule.head.modality is Modality.OBLIGATION:
        return "forbids" if rule.head.chain[0].is_negated else "obliges"
    return "permits" if rule.head.modality is Modality.PERMISSION else "says"


def validity_of(rule: Rule, *, at: datetime) -> str:
    if rule.valid_from is not None and at < rule.valid_from:
        return "not_yet"
    return "lapsed" if rule.valid_until is not None and at >= rule.valid_until else "in_force"


def actions_in(lines: Sequence[RuleLine]) -> list[str]:
    """Actions that rules name, for a list of suggestions."""
    return sorted({line.action for line in lines if line.action})


_APPLIED = """
SELECT count(*) FILTER (WHERE %s = ANY(rules_applied)), count(*)
FROM (SELECT rules_applied FROM verdicts WHERE tenant_id = %s AND at >= %s ORDER BY at DESC, id DESC LIMIT %s) newest
"""
