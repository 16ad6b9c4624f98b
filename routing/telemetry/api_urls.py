from __future__ import annotations

from governance.rest import route
from routing.telemetry import api

urlpatterns = [
    *route("telemetry/calls/", api.Calls, name="api-telemetry-calls"),
    *route("telemetry/calls/<uuid:call_id>/", api.OneCall, name="api-telemetry-call"),
    *route("telemetry/tools/", api.Tools, name="api-telemetry-tools"),
    *route("telemetry/report/", api.Report, name="api-telemetry-report"),
]
