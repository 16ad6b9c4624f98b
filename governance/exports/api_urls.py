from __future__ import annotations

from governance.exports import api
from governance.rest import route

urlpatterns = [
    *route("exports/", api.Exports, name="api-exports"),
    *route("exports/<uuid:file_id>/", api.OneExport, name="api-export"),
]
