from __future__ import annotations

from dreams.elicitation import api
from governance.rest import route

urlpatterns = [
    *route("scenarios/", api.Items, name="api-scenarios"),
    *route("scenarios/<str:item_kind>/<slug:item_key>/", api.OneItem, name="api-scenario"),
    *route("scenarios/<str:item_kind>/<slug:item_key>/undo/", api.Undo, name="api-scenario-undo"),
    *route("elicitations/", api.Runs, name="api-elicitations"),
    *route("elicitations/<uuid:run_id>/", api.OneRun, name="api-elicitation"),
    *route("systems/<path:name>/drift/elicit/", api.Ask, name="api-elicit"),
]
