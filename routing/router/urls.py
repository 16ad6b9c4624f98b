from __future__ import annotations

from django.urls import path

from routing.router import views

app_name = "routing"
urlpatterns = [
    path("", views.index, name="list"),
    path("write/", views.write, name="write"),
    path("<uuid:routing_rule_id>/", views.detail, name="detail"),
    path("<uuid:routing_rule_id>/edit/", views.edit, name="edit"),
    path("<uuid:routing_rule_id>/switch/", views.switch, name="switch"),
]
