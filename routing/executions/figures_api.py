"""What executions came to, over REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Face, endpoint
from governance.web import now
from routing.executions import days, shapes
from routing.executions.figure_records import day_record, system_record
from routing.figures.marks import Moving
from routing.figures.span import last_days


class Figures(Face):
    @endpoint(gives=shapes.Figures, query=shapes.FigureQuery, problems=(Moving,))
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Executions by day, the oldest first, or by system, the busiest first."""
        scope, at = self.reader(request), now()
        span = last_days(int(asked["days"]), at=at)
        known: dict[str, Any] = {"scope": scope, "span": span, "system": asked["system"], "exact": asked["exact"]}
        if asked["by"] == "system":
            results = [system_record(one) for one in days.by_system(**known)]
        else:
            results = [day_record(one, system=asked["system"]) for one in days.by_day(**known)]
        return Response(
            {"as_of": at, "first": span.first, "last": span.last, "exact": asked["exact"], "results": results}
        )
