"""The rules, the saved cases and the verdicts as files that can be taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.rulebook import records
from governance.rulebook.forms.rules import CaseFilterForm, RuleFilterForm
from governance.rulebook.forms.verdicts import VerdictFilterForm, asked_by
from governance.rulebook.queries import cases, rules, running, verdicts
from governance.rulebook.queries.known import system_names
from governance.scope import Scope
from governance.web import now

MOST_SEARCHED: Final = 100_000
"""Verdicts that an export counts; more are taken away by the whole record."""


def asked_rules(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The filters of the list of rules, for the moment of the export."""
    form = RuleFilterForm(parameters, systems=system_names(scope=scope), documents=[parameters.get("document", "")])
    return _asked({name: value for name, value in form.said().items() if value}, "every rule")


def count_rules(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return len(_rules(scope, payload)[:most])


def chunk_rules(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once: the law in force is in memory."""
    return [Row(records.rule_record(line)) for line in _rules(scope, payload)], None


def asked_cases(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    form = CaseFilterForm(parameters, systems=system_names(scope=scope))
    return _asked({name: value for name, value in form.said().items() if value}, "every case")


def count_cases(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return cases.cases(scope=scope, filter=cases.CaseFilter(**_plain(payload)))[:most].count()


def chunk_cases(scope: Scope, payload: dict[str, Any], cursor: Any) -> tuple[list[Row], Any]:
    """All at once, each as it runs now: a tenant has at most some hundred cases."""
    filter = cases.CaseFilter(**_plain(payload))
    found = [cases.case_of(row) for row in cases.cases(scope=scope, filter=filter)]
    runs = cases.narrowed(running.run_these(found, scope=scope, at=now()), state=filter.state)
    return [Row(records.run_record(run)) for run in runs], None


def asked_verdicts(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """Raises `Invalid` for a filter that cannot be read: a file must not hold more than was asked for."""
    form = VerdictFilterForm(parameters, systems=system_names(scope=scope))
    if not form.is_valid():
        raise Invalid(form.unread[0], problems=tuple((f"/{name}", form.unread[0]) for name in form.errors))
    said = asked_by(form.filter())
    return _asked(said, "every verdict")


def count_verdicts(scope: Scope, payload: dict[str, Any], most: int) -> int:
    filter = _filter(payload)
    newest = verdicts.within(scope=scope, filter=filter)[:MOST_SEARCHED].values("id")
    return verdicts.rows(scope=scope).filter(verdicts.sought(filter), id__in=newest)[:most].count()


def chunk_verdicts(scope: Scope, payload: dict[str, Any], before: Any) -> tuple[list[Row], Any]:
    """Newest first."""
    found = verdicts.search(scope=scope, filter=_filter(payload), before=UUID(before) if before else None, limit=CHUNK)
    return [Row(records.line_record(line)) for line in found.lines], str(found.older) if found.older else None


def _asked(said: dict[str, Any], everything: str) -> Asked:
    words = ", ".join(f"{name} {value}" for name, value in said.items())
    return Asked(payload=said, words=words or everything, query=urlencode(said))


def _plain(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "up_to"}


def _rules(scope: Scope, payload: dict[str, Any]) -> list[rules.RuleLine]:
    filter = rules.RuleFilter(**_plain(payload))
    return rules.narrowed(rules.rule_lines(scope=scope, system=filter.system, at=now()), filter=filter)


def _filter(payload: dict[str, Any]) -> verdicts.VerdictFilter:
    said = _plain(payload)
    for name in ("since", "until"):
        if name in said:
            said[name] = datetime.fromisoformat(said[name])
    return verdicts.VerdictFilter(**said)


def _source(kind: str, columns: Iterable[str], asked: Any, count: Any, chunk: Any) -> Source:
    return Source(
        kind=kind,
        title=kind.capitalize(),
        columns=tuple(map(Column, columns)),
        formats=("csv", "json"),
        asked=asked,
        count=count,
        chunk=chunk,
    )


SOURCES = (
    _source("rules", records.RULE_COLUMNS, asked_rules, count_rules, chunk_rules),
    _source("cases", records.CASE_COLUMNS, asked_cases, count_cases, chunk_cases),
    _source("verdicts", records.VERDICT_COLUMNS, asked_verdicts, count_verdicts, chunk_verdicts),
)
