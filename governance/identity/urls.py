from __future__ import annotations

from django.urls import path

from governance.identity import views

app_name = "tenants"
urlpatterns = [
    path("switch/", views.switch, name="switch"),
    path("<uuid:tenant_id>/go/", views.go, name="go"),
]
