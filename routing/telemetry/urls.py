from __future__ import annotations

from django.urls import path

from routing.telemetry import views

app_name = "telemetry"
urlpatterns = [
    path("", views.calls, name="calls"),
    path("tools/", views.tools, name="tools"),
    path("<uuid:call_id>/", views.call, name="call"),
]
