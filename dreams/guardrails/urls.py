from __future__ import annotations

from django.urls import path

from dreams.guardrails import views

app_name = "guardrails"
urlpatterns = [
    path("", views.index, name="list"),
    path("settings/", views.change, name="settings"),
    path("AMD-<int:number>/keep/", views.keep, name="keep"),
    path("AMD-<int:number>/extend/", views.extend, name="extend"),
    path("AMD-<int:number>/pause/", views.pause, name="pause"),
    path("AMD-<int:number>/resume/", views.resume, name="resume"),
]
