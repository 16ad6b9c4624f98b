from __future__ import annotations

from django.urls import path

from dreams.cycles import urls_acts, views

app_name = "dreams"
urlpatterns = [
    path("", views.index, name="list"),
    path("live/", views.live, name="live"),
    path("rates/", views.rates, name="rates"),
    path("nights/<str:cycle_id>/", views.night, name="night"),
    path("nights/<str:cycle_id>/plan.json", views.written, name="written"),
    path("nights/<str:cycle_id>/<int:place>/", views.dream, name="dream"),
    *urls_acts.urlpatterns,
]
