from __future__ import annotations

from dreams.cycles import api
from governance.rest import route

urlpatterns = [
    *route("dreams/nights/", api.Nights, name="api-dream-nights"),
    *route("dreams/nights/<str:cycle_id>/", api.OneNight, name="api-dream-night"),
    *route("dreams/nights/<str:cycle_id>/<int:place>/", api.OneDream, name="api-dream"),
    *route("dreams/nights/<str:cycle_id>/<int:place>/pairs/", api.Pairs, name="api-dream-pairs"),
    *route("dreams/rates/", api.DreamRates, name="api-dream-rates"),
]
