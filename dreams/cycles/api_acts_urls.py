from __future__ import annotations

from dreams.cycles import api_acts as api
from dreams.cycles import api_rating
from governance.rest import route

urlpatterns = [
    *route("dreams/plan/", api.Plan, name="api-dream-plan"),
    *route("dreams/nights/<str:cycle_id>/stop/", api.Stop, name="api-dream-stop"),
    *route("dreams/trials/<uuid:dream_id>/propose/", api.Propose, name="api-dream-propose"),
    *route("dreams/trials/<uuid:dream_id>/stars/", api_rating.Compare, name="api-dream-stars"),
    *route("dreams/trials/<uuid:dream_id>/bar/", api.Bar, name="api-dream-bar"),
    *route("dreams/barred/", api.Bars, name="api-dream-bars"),
    *route("dreams/barred/<uuid:bar_id>/lift/", api.Lift, name="api-dream-lift"),
    *route("dreams/wishes/", api.Wishes, name="api-dream-wishes"),
    *route("dreams/wishes/<uuid:wish_id>/withdraw/", api.Withdraw, name="api-dream-withdraw"),
    *route("dreams/settings/", api.Settings, name="api-dream-settings"),
    *route("dreams/regression/<str:name>/", api.Regression, name="api-dream-regression"),
    *route("dreams/regression/<str:name>/take_out/", api.TakeOut, name="api-dream-take-out"),
    *route("dreams/bounds/<str:name>/", api.Tunable, name="api-dream-bounds"),
]
