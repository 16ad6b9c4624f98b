from __future__ import annotations

from django.urls import path

from governance.assets import views

app_name = "assets"
urlpatterns = [
    path("", views.index, name="list"),
    path("register/", views.register, name="register"),
    path("mandates/<uuid:mandate_id>/revoke/", views.revoke, name="revoke"),
    path("<str:asset_name>/change/", views.change, name="change"),
    path("<str:asset_name>/retire/", views.retire, name="retire"),
    path("<str:asset_name>/contest/", views.contest, name="contest"),
    path("<str:asset_name>/settle/", views.settle, name="settle"),
    path("<str:asset_name>/mandates/", views.issue, name="issue"),
    path("<str:asset_name>/", views.detail, name="detail"),
]
