from __future__ import annotations

from django.urls import path

from routing.learning import views

app_name = "learning"
urlpatterns = [
    path("", views.index, name="list"),
    path("settings/", views.settings, name="settings"),
    path("<uuid:proposal_id>/", views.detail, name="detail"),
    path("<uuid:proposal_id>/accept/", views.accept, name="accept"),
    path("<uuid:proposal_id>/refuse/", views.refuse, name="refuse"),
    path("<uuid:proposal_id>/take-back/", views.take_back, name="take_back"),
]
