from __future__ import annotations

from django.urls import path

from dreams.cycles import views_acts, views_asking, views_bounds, views_looking, views_rating, views_settings

urlpatterns = [
    path("plan/", views_asking.plan, name="plan"),
    path("ask/", views_asking.ask, name="ask"),
    path("barred/", views_asking.barred, name="barred"),
    path("barred/<uuid:bar_id>/lift/", views_acts.lift, name="lift"),
    path("wishes/<uuid:wish_id>/withdraw/", views_acts.withdraw, name="withdraw"),
    path("nights/<str:cycle_id>/stop/", views_acts.stop, name="stop"),
    path("trials/<uuid:dream_id>/propose/", views_acts.propose, name="propose"),
    path("trials/<uuid:dream_id>/bar/", views_acts.bar, name="bar"),
    path("trials/<uuid:dream_id>/compare/", views_rating.compare, name="compare"),
    path("settings/", views_settings.nights, name="settings"),
    path("settings/<str:name>/", views_settings.aim, name="aim"),
    path("bounds/<str:name>/", views_bounds.bounds, name="bounds"),
    path("calendar/", views_looking.calendar, name="calendar"),
    path("regression/<str:name>/", views_looking.regression_set, name="regression"),
    path("regression/<str:name>/add/", views_acts.freeze, name="freeze"),
    path("regression/<str:name>/take-out/", views_acts.thaw, name="thaw"),
]
