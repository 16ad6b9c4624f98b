from __future__ import annotations

from django.urls import path

from tarsweb.inbox import views

app_name = "inbox"
urlpatterns = [path("", views.inbox_page, name="list")]
