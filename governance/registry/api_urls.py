from __future__ import annotations

from governance.registry import api
from governance.rest import route

# A name may hold slashes, so the addresses below a system come before the system itself.
urlpatterns = [
    *route("systems/", api.Systems, name="api-systems"),
    *route("systems/<path:name>/versions/", api.Versions, name="api-versions"),
    *route("systems/<path:name>/versions/<int:number>/", api.OneVersion, name="api-version"),
    *route("systems/<path:name>/compare/", api.Compare, name="api-compare"),
    *route("systems/<path:name>/blame/", api.Blame, name="api-blame"),
    *route("systems/<path:name>/dependencies/", api.Dependencies, name="api-dependencies"),
    *route("systems/<path:name>/status/", api.SystemStatus, name="api-system-status"),
    *route("systems/<path:name>/", api.OneSystem, name="api-system"),
]
