from __future__ import annotations

from governance.drift import api
from governance.rest import route

urlpatterns = [*route("systems/<path:name>/drift/", api.Drift, name="api-drift")]
