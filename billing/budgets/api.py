"""Budgets over REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from billing.budgets import shapes
from billing.budgets.queries import ResourceLine, resources
from governance.rest import Face, endpoint
from governance.web import now


class Resources(Face):
    @endpoint(gives=shapes.Resources)
    def get(self, request: Request) -> Response:
        """What the tenant may spend in each window, and how much of it is spent or held."""
        found = resources(scope=self.reader(request), at=now())
        return Response({"results": [_record(line) for line in found]})


def _record(line: ResourceLine) -> dict[str, Any]:
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
    }
