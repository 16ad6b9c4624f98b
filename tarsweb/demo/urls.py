from __future__ import annotations

from django.urls import path

from tarsweb.demo import views

app_name = "demo"
urlpatterns = [path("remove/", views.remove, name="remove")]
