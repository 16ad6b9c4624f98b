from __future__ import annotations

from governance.drift import api
from governance.rest import route

urlpatterns = [
    *route("drift/", api.Systems, name="api-drift_of_systems"),
    *route("systems/<path:name>/drift/measured/", api.Measured, name="api-drift_measured"),
    *route("systems/<path:name>/drift/acknowledge/", api.Acknowledge, name="api-acknowledge_drift"),
    *route("systems/<path:name>/drift/validate/", api.Validate, name="api-validate_drift"),
    *route("systems/<path:name>/drift/override/", api.Override, name="api-override_drift"),
    *route("systems/<path:name>/drift/rearm/", api.Rearm, name="api-rearm_drift"),
    *route("systems/<path:name>/drift/reset_baseline/", api.ResetBaseline, name="api-reset_drift_baseline"),
    *route("systems/<path:name>/drift/", api.Drift, name="api-drift"),
]
