from __future__ import annotations

from governance.estop import api
from governance.rest import route

urlpatterns = [
    *route("estops/", api.Stops, name="api-estops"),
    *route("estops/<uuid:stop_id>/", api.OneStop, name="api-estop"),
    *route("estops/<uuid:stop_id>/lift/", api.Lift, name="api-estop-lift"),
]
