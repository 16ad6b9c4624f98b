"""Budgets over REST: what runs and how full it is, one budget with its past, alerts, systems."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from billing.budgets import history, records, shapes, systems
from billing.budgets.amounts import text
from billing.budgets.forms import uuid_of
from billing.budgets.models import BudgetAlert, Resource
from billing.budgets.pace import forecasts
from billing.budgets.queries import ResourceLine, line_of, resources
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now


class Resources(Face):
    @endpoint(gives=shapes.Resources)
    def get(self, request: Request) -> Response:
        """What the tenant may spend in each window, how much of it is spent or held, and when it runs out."""
        scope, at = self.reader(request), now()
        found = resources(scope=scope, at=at)
        rows = Resource.objects.filter(tenant_id=scope.tenant_id, id__in=[line.id for line in found if line.is_current])
        seen = forecasts(rows, tenant_id=scope.tenant_id, at=at)
        return Response({"results": [_record(line, seen.get(line.id)) for line in found]})


class OneResource(Face):
    @endpoint(gives=shapes.OneResource)
    def get(self, request: Request, resource_id: UUID) -> Response:
        """One budget: when it was spent, by which systems, and when it runs out."""
        scope, at = self.reader(request), now()
        row = history.found(scope=scope, resource_id=resource_id)
        whole = history.history(scope=scope, row=row, at=at)
        return Response(
            {
                **_record(line_of(row, at=at), whole.meter.forecast),
                "parts": [{"starts_at": part.starts_at, "used": text(part.used)} for part in whole.parts],
                "systems": [_use(use) for use in whole.uses],
            }
        )


class Windows(Face):
    @endpoint(gives=shapes.Window, is_paged=True)
    def get(self, request: Request, resource_id: UUID) -> Response:
        """The windows of this budget's kind that have begun, newest first."""
        scope, at = self.reader(request), now()
        row = history.found(scope=scope, resource_id=resource_id)
        limit, after = paging(request)
        before = _row_of(after, scope.tenant_id)
        kind = {"type": row.resource_type, "window": row.window_type}
        found = history.windows(scope=scope, at=at, before=before, limit=limit + 1, **kind)
        results = [_window(one) for one in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class Alerts(Face):
    @endpoint(gives=shapes.Alert, query=shapes.AlertQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What people were told of budgets near their limit, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = BudgetAlert.objects.filter(tenant_id=scope.tenant_id).select_related("resource", "share__system")
        rows = rows.filter(level=asked["level"]) if asked.get("level") else rows
        rows = rows.filter(id__lt=_cursor(after)) if after else rows
        found = list(rows.defer("share__system__constitution").order_by("-id")[: limit + 1])
        results = [records.alert_record(one) for one in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class Systems(Face):
    @endpoint(gives=shapes.SystemUses)
    def get(self, request: Request) -> Response:
        """What each system took of the running budgets."""
        found = systems.by_system(scope=self.reader(request), at=now())
        return Response({"results": [_system_use(line) for line in found]})


class OneSystem(Face):
    @endpoint(gives=shapes.SystemBudgets)
    def get(self, request: Request, name: str) -> Response:
        """One system's shares of the running budgets, and who limits them."""
        found = systems.one_system(scope=self.reader(request), name=name, at=now())
        shares = [records.share_record(share) for share in found.shares]
        maximums = dict(found.maximums)
        return Response({"system": name, "open_holds": found.open_holds, "maximums": maximums, "shares": shares})


def _record(line: ResourceLine, seen: Any = None) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "resource_type": line.type,
        "window_type": line.window,
        "window_start": line.starts_at,
        "window_end": line.ends_at,
        "total_budget": str(line.total),
        "used": str(line.used),
        "reserved": str(line.reserved),
        "available": str(line.available),
        "alert_threshold": str(line.alert_threshold),
        "is_current": line.is_current,
        "is_limit": line.is_limit,
        "forecast": records.forecast_record(seen),
    }


def _use(use: history.Use) -> dict[str, Any]:
    quota = None if use.quota is None else text(use.quota.total)
    return {"system": use.system, "used": text(use.used), "reserved": text(use.reserved), "quota": quota}


def _window(one: history.Past) -> dict[str, Any]:
    found = records.meter_record(one.meter)
    names = ("id", "window_start", "window_end", "total_budget", "used", "reserved", "available", "is_limit")
    return {name: found[name] for name in names}


def _system_use(line: systems.SystemLine) -> dict[str, Any]:
    full = None if line.fullest is None else f"{line.fullest.part:.4f}"
    return {"system": line.name, "taken": dict(line.taken), "open_holds": line.open_holds, "fullest_quota": full}


def _row_of(after: str, tenant_id: UUID) -> Resource | None:
    """The window after which a page begins."""
    return Resource.objects.filter(tenant_id=tenant_id, id=_cursor(after)).first() if after else None


def _cursor(after: str) -> UUID:
    found = uuid_of(after)
    if found is None:
        raise unknown_cursor()
    return found
