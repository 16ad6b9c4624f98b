from __future__ import annotations

from django.urls import path

from dreams.elicitation import views

app_name = "elicitation"
urlpatterns = [
    path("", views.index, name="list"),
    path("runs/", views.runs, name="runs"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("ask/<path:name>/", views.ask, name="ask"),
    path("new/<str:kind>/", views.new, name="new"),
    path("<str:kind>/<slug:key>/", views.item, name="item"),
    path("<str:kind>/<slug:key>/undo/", views.undo, name="undo"),
]
