from __future__ import annotations

from governance.rest import route
from governance.searches import api

urlpatterns = [
    *route("searches/", api.Searches, name="api-searches"),
    *route("searches/<uuid:search_id>/", api.OneSearch, name="api-search"),
]
