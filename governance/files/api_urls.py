from __future__ import annotations

from governance.files import api
from governance.rest import route

urlpatterns = [
    *route("files/", api.Files, name="api-files"),
    *route("files/<uuid:file_id>/", api.OneFile, name="api-file"),
]
