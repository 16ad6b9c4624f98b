from __future__ import annotations

from django.urls import path

from routing.connectors import views

app_name = "connectors"
# A name may hold slashes, so the pages below a connector come before the connector itself.
urlpatterns = [
    path("", views.index, name="list"),
    path("<path:name>/configure/", views.configure, name="configure"),
    path("<path:name>/look/", views.look, name="look"),
    path("<path:name>/approve-tools/", views.approve_tools, name="approve_tools"),
    path("<path:name>/disable/", views.disable, name="disable"),
    path("<path:name>/enable/", views.enable, name="enable"),
    path("<path:name>/secrets/", views.set_secret, name="set_secret"),
    path("<path:name>/secrets/retire/", views.retire_secret, name="retire_secret"),
    path("<path:name>/", views.detail, name="detail"),
]
