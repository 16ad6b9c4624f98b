"""REST over learned rules (docs/api.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading
from routing.learning import actions, queries, shapes
from routing.learning.embedder_panel import embedded
from routing.learning.models import RuleProposal
from routing.router.actions import PatternTaken


class Proposals(Face):
    @endpoint(gives=shapes.Learned, query=shapes.LearnedQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Learned rules with their evidence, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = queries.proposals(scope=scope, state=asked.get("state", "")).order_by("-id")
        if after:
            rows = rows.filter(id__lt=_uuid(after))
        found = list(rows[: limit + 1])
        next_after = str(found[limit - 1].id) if len(found) > limit else None
        return paged(request, [_record(row) for row in found[:limit]], next_after=next_after)


class OneProposal(Face):
    @endpoint(gives=shapes.Learned)
    def get(self, request: Request, proposal_id: UUID) -> Response:
        """One of them."""
        return Response(_record(queries.proposal(scope=self.reader(request), proposal_id=proposal_id)))


class Accept(Face):
    @endpoint(
        gives=shapes.Learned,
        takes=shapes.Acceptance,
        problems=(actions.DecidedAlready, actions.EvidenceMoved, actions.SystemGone, PatternTaken),
    )
    def post(self, request: Request, proposal_id: UUID, body: dict[str, Any]) -> Response:
        """Put a proposed rule in force."""
        scope = self.scope(request)
        actions.accept(scope=scope, proposal_id=proposal_id, revision=body["revision"], at=now())
        return _answered(request, scope, proposal_id)


class Refuse(Face):
    @endpoint(gives=shapes.Learned, takes=shapes.Refusal, problems=(actions.DecidedAlready,))
    def post(self, request: Request, proposal_id: UUID, body: dict[str, Any]) -> Response:
        """Refuse it; it is proposed again when there are twice as many such requests."""
        scope = self.scope(request)
        actions.refuse(scope=scope, proposal_id=proposal_id, because=body["because"], at=now())
        return _answered(request, scope, proposal_id)


class TakeBack(Face):
    @endpoint(gives=shapes.Learned, problems=(actions.NotDecided, actions.RuleIsTheirs))
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Undo the decision: it waits again, and its rule is off."""
        scope = self.scope(request)
        actions.take_back(scope=scope, proposal_id=proposal_id, at=now())
        return _answered(request, scope, proposal_id)


class Learning(Face):
    @endpoint(gives=shapes.Learning)
    def get(self, request: Request) -> Response:
        """How rules are learned, and what the last night did."""
        return Response(_learning(self.reader(request)))

    @endpoint(gives=shapes.Learning, takes=shapes.SettingsChange, problems=(actions.BadSetting,))
    def patch(self, request: Request, body: dict[str, Any]) -> Response:
        """Change how rules are learned; what is not given stays."""
        scope = self.scope(request)
        with reading(request._request):
            now_so = queries.settings_of(scope=self.reader(request))
        actions.change_settings(
            scope=scope,
            least_similar=body.get("least_similar", now_so.least_similar),
            likeness=Decimal(body.get("likeness", now_so.likeness)),
            is_automatic=body.get("is_automatic", now_so.is_automatic),
            at=now(),
        )
        with reading(request._request):
            return Response(_learning(scope))


def _learning(scope: Scope) -> dict[str, Any]:
    settings, night = queries.settings_of(scope=scope), queries.night_of(scope=scope)
    vectors = embedded(scope=scope)
    return {
        "least_similar": settings.least_similar,
        "likeness": str(settings.likeness),
        "is_automatic": settings.is_automatic,
        "waiting": queries.waiting(scope=scope),
        "ran_at": night.ran_at and utc(night.ran_at),
        "report": night.report,
        "model": vectors.rules.model,
        "former_model": vectors.rules.former,
        "switched": vectors.rules.done,
        "to_switch": vectors.rules.total,
    }


def _answered(request: Request, scope: Scope, proposal_id: UUID) -> Response:
    with reading(request._request):
        return Response(_record(queries.proposal(scope=scope, proposal_id=proposal_id)))


def _record(row: RuleProposal) -> dict[str, Any]:
    (line,) = queries.lines_of([row])
    return {
        "id": str(line.id),
        "state": line.state,
        "pattern": line.pattern,
        "system": line.system,
        "alternatives": [one["system"] for one in row.ranking if one["system_id"] in map(str, row.alternative_systems)],
        "action": line.action,
        "based_on_executions": line.based_on,
        "seen": line.seen,
        "confidence": str(line.confidence),
        "explanation": line.explanation,
        "revision": line.revision,
        "ranking": [{name: value for name, value in one.items() if name != "system_id"} for one in row.ranking],
        "examples": [str(id) for id in row.examples],
        "rule_id": line.rule_id and str(line.rule_id),
        "is_rule_on": line.is_rule_on,
        "proposed_at": utc(line.proposed_at),
        "updated_at": utc(line.updated_at),
        "decided_at": line.decided_at and utc(line.decided_at),
        "decided_by": line.decided_by,
        "because": line.because,
    }


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
