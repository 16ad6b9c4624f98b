from __future__ import annotations

from django.urls import path

from governance.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.index, name="list"),
    path("read/", views.read, name="read_all"),
    path("<uuid:notice_id>/read/", views.read, name="read"),
    path("preferences/", views.preferences, name="preferences"),
]
