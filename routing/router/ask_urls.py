from __future__ import annotations

from django.urls import path

from routing.router import ask

app_name = "ask"
urlpatterns = [path("", ask.page, name="page")]
