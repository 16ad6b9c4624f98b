from __future__ import annotations

from django.urls import path

from tarsweb.inbox import views

app_name = "inbox"
urlpatterns = [
    path("", views.inbox_page, name="list"),
    path("overrides/<uuid:decision_id>/", views.override_page, name="override"),
]
