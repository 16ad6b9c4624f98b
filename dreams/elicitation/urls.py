from __future__ import annotations

from django.urls import path

from dreams.elicitation import views

app_name = "elicitation"
urlpatterns = [
    path("", views.index, name="list"),
    path("runs/", views.runs, name="runs"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("ask/<path:name>/", views.ask, name="ask"),
    path("new/<str:item_kind>/", views.new, name="new"),
    path("<str:item_kind>/<slug:item_key>/", views.item, name="item"),
    path("<str:item_kind>/<slug:item_key>/undo/", views.undo, name="undo"),
]
