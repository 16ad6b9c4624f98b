from __future__ import annotations

from django.urls import path

from routing.lifecycle import views

app_name = "lifecycle"
urlpatterns = [
    path("", views.page, name="page"),
    path("prune/", views.prune, name="prune"),
    path("prune/systems/", views.prune_systems, name="prune_systems"),
    path("retention/", views.keep, name="retention"),
    path("holds/place/", views.place_hold, name="place_hold"),
    path("holds/<uuid:legal_hold_id>/release/", views.release_hold, name="release_hold"),
    path("restore/<uuid:execution_id>/", views.restore, name="restore"),
    path("<uuid:archive_id>/check/", views.check, name="check"),
]
