from __future__ import annotations

from django.urls import path

from tarsweb.health import views

app_name = "health"
urlpatterns = [path("", views.page, name="page")]
