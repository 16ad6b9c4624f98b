"""REST over routing rules, and the preview of a route (docs/api.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.web import now, reading
from routing.embeddings.errors import EmbedderFailed, ModelMissing
from routing.router import actions, queries, shapes
from routing.router.queries import RuleFilter, RuleLine

_CHANGING = (actions.BadRule, actions.PatternTaken)


class Rules(Face):
    @endpoint(gives=shapes.Rule, query=shapes.RuleQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Routing rules, the oldest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        filter = RuleFilter(
            asked.get("q", ""), asked.get("system", ""), asked.get("state", ""), asked.get("origin", "")
        )
        rows = queries.rules(scope=scope, filter=filter).order_by("id")
        if after:
            rows = rows.filter(Q(id__gt=_uuid(after)))
        found = list(rows[: limit + 1])
        results = [record(line) for line in queries.lines_of(scope=scope, rows=found[:limit])]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Rule, status=201, takes=shapes.NewRule, problems=_CHANGING)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Write a rule: requests like this go there. It is in force at once."""
        scope = self.scope(request)
        made = actions.write_rule(scope=scope, wish=_wish(body), at=now())
        return _answered(request, scope, made.id, status=201)


class OneRule(Face):
    @endpoint(gives=shapes.Rule)
    def get(self, request: Request, routing_rule_id: UUID) -> Response:
        """One routing rule."""
        return Response(_record_of(self.reader(request), routing_rule_id))

    @endpoint(gives=shapes.Rule, takes=shapes.RuleChange, problems=_CHANGING)
    def patch(self, request: Request, routing_rule_id: UUID, body: dict[str, Any]) -> Response:
        """Change a rule; what is not given stays. A learned rule becomes a person's."""
        scope = self.scope(request)
        with reading(request._request):
            before = _record_of(scope, routing_rule_id)
        known = {name: before[name] for name in ("pattern", "system", "alternatives", "action", "confidence")}
        actions.edit_rule(scope=scope, rule_id=routing_rule_id, wish=_wish(known | body), at=now())
        return _answered(request, scope, routing_rule_id)


class Switch(Face):
    @endpoint(gives=shapes.Rule, takes=shapes.Switch, problems=(actions.SwitchedAlready, actions.PatternTaken))
    def post(self, request: Request, routing_rule_id: UUID, body: dict[str, Any]) -> Response:
        """Turn a rule on or off."""
        scope = self.scope(request)
        actions.switch_rule(scope=scope, rule_id=routing_rule_id, is_active=body["is_active"], at=now())
        return _answered(request, scope, routing_rule_id)


class Route(Face):
    @endpoint(gives=shapes.Route, takes=shapes.Request, problems=(EmbedderFailed, ModelMissing))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Find the agent for a request: all candidates with scores and vetoes. Nothing is kept and nothing is done."""
        scope = self.scope(request)
        with reading(request._request):
            found = queries.choose(
                scope=scope, text=body["text"], action=body["action"], wanted=body["system"], at=now()
            )
        return Response(found.as_json())


def record(line: RuleLine) -> dict[str, Any]:
    """One rule as plain values."""
    return {
        "id": str(line.id),
        "pattern": line.pattern,
        "system": line.system,
        "alternatives": list(line.alternatives),
        "action": line.action,
        "confidence": str(line.confidence),
        "is_active": line.is_active,
        "is_learned": line.is_learned,
        "is_embedded": line.is_embedded,
        "based_on_executions": line.based_on,
        "success_rate": _text(line.success_rate),
        "avg_cost_usd": _text(line.avg_cost_usd),
        "avg_duration_ms": line.avg_duration_ms,
        "created_at": utc(line.created_at),
        "created_by": line.created_by,
        "updated_at": utc(line.updated_at),
        "updated_by": line.updated_by,
    }


def _record_of(scope: Scope, rule_id: UUID) -> dict[str, Any]:
    (line,) = queries.lines_of(scope=scope, rows=[queries.rule(scope=scope, rule_id=rule_id)])
    return record(line)


def _answered(request: Request, scope: Scope, rule_id: UUID, *, status: int = 200) -> Response:
    with reading(request._request):
        found = _record_of(scope, rule_id)
    headers = {"Location": reverse("api-routing-rule", args=[rule_id])} if status == 201 else {}
    return Response(found, status=status, headers=headers)


def _wish(body: dict[str, Any]) -> actions.Wish:
    return actions.Wish(
        pattern=body["pattern"],
        system=body["system"],
        alternatives=tuple(body["alternatives"]),
        action=body["action"],
        confidence=Decimal(body["confidence"]),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
