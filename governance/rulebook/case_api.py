"""REST over rules, saved cases, coverage and stored verdicts (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import Invalid
from governance.policy.verdict import Outcome
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.rulebook import case_shapes as shapes
from governance.rulebook import records
from governance.rulebook.actions.cases import BadCase, CaseExists, CaseRetired, TooManyCases, retire_case, save_case
from governance.rulebook.forms.verdicts import VerdictFilterForm
from governance.rulebook.queries import cases, coverage, rules, running, verdicts
from governance.rulebook.queries.known import system_names
from governance.scope import Scope
from governance.web import now, reading


class Rules(Face):
    @endpoint(gives=shapes.Rules, query=shapes.RuleQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """The rules of the tenant's law, and of one system where it is named, the weightiest first."""
        filter = rules.RuleFilter(**asked)
        lines = rules.rule_lines(scope=self.reader(request), system=filter.system, at=now())
        return Response({"results": [records.rule_record(line) for line in rules.narrowed(lines, filter=filter)]})


class Cases(Face):
    @endpoint(gives=shapes.Cases, query=shapes.CaseQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """The saved cases, each run just now under the law in force."""
        scope, filter = self.reader(request), cases.CaseFilter(**asked)
        found = [cases.case_of(row) for row in cases.cases(scope=scope, filter=filter)]
        runs = cases.narrowed(running.run_these(found, scope=scope, at=now()), state=filter.state)
        passed = sum(run.is_pass for run in runs)
        results = [records.run_record(run) for run in runs]
        return Response({"passed": passed, "failed": len(runs) - passed, "results": results})

    @endpoint(gives=shapes.Case, status=201, takes=shapes.NewCase, problems=(BadCase, CaseExists, TooManyCases))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Save a case. It never changes; retire it and save another."""
        scope = self.scope(request)
        wish = {**body, "system_name": body["system"], "expected": Outcome(body["expected"])}
        made = save_case(scope=scope, at=now(), **{name: value for name, value in wish.items() if name != "system"})
        with reading(request._request):
            record = _run(scope, made.id)
        return Response(record, status=201, headers={"Location": reverse("api-case", args=[made.id])})


class OneCase(Face):
    @endpoint(gives=shapes.Case)
    def get(self, request: Request, case_id: UUID) -> Response:
        """One case, run just now."""
        return Response(_run(self.reader(request), case_id))


class Retire(Face):
    @endpoint(gives=shapes.Case, takes=shapes.Retire, problems=(CaseRetired,))
    def post(self, request: Request, case_id: UUID, body: dict[str, Any]) -> Response:
        """Stop running a case. It stays on record."""
        scope = self.scope(request)
        retire_case(scope=scope, case_id=case_id, why=body["why"], at=now())
        with reading(request._request):
            return Response(_run(scope, case_id))


class Coverage(Face):
    @endpoint(gives=shapes.Coverage)
    def get(self, request: Request) -> Response:
        """Which rules of the law have a case in which they decide, by clause."""
        found = coverage.coverage(scope=self.reader(request), at=now())
        results = [
            {
                "rule": rule.line.id,
                "document": clause.document,
                "clause": clause.clause,
                "cases": [case.name for case in rule.cases],
            }
            for clause in found.clauses
            for rule in clause.rules
        ]
        return Response({"rules": found.rules, "covered": found.covered, "results": results})


class Verdicts(Face):
    @endpoint(gives=shapes.KeptVerdict, query=shapes.VerdictQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Stored decisions, newest first. A search by action, outcome, rule or session looks through a part of the record at a
        time, so a page may be short and still have a `next`."""
        scope = self.reader(request)
        limit, after = paging(request)
        form = VerdictFilterForm(asked, systems=[*system_names(scope=scope), asked.get("system", "")])
        if not form.is_valid():
            raise Invalid(form.unread[0], problems=tuple((f"/{name}", form.unread[0]) for name in form.errors))
        found = verdicts.search(scope=scope, filter=form.filter(), before=_id(after) if after else None, limit=limit)
        results = [records.line_record(line) for line in found.lines]
        return paged(request, results, next_after=str(found.older) if found.older else None)


class OneVerdict(Face):
    @endpoint(gives=shapes.WholeVerdict)
    def get(self, request: Request, verdict_id: UUID) -> Response:
        """One decision with its question and its reasons."""
        found = verdicts.found_verdict(scope=self.reader(request), verdict_id=verdict_id)
        return Response(records.verdict_record(found))


def _run(scope: Scope, case_id: UUID) -> dict[str, Any]:
    case = cases.found_case(scope=scope, case_id=case_id)
    (run,) = running.run_these([case], scope=scope, at=now())
    return records.run_record(run)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
