from __future__ import annotations

from governance.lawbook import api
from governance.rest import route

urlpatterns = [
    *route("law/", api.Law, name="api-law"),
    *route("law/preview/", api.Previewing, name="api-law-preview"),
    *route("law/import/", api.Importing, name="api-law-import"),
]
