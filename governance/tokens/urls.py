from __future__ import annotations

from django.urls import path

from governance.tokens import views

app_name = "tokens"
urlpatterns = [
    path("", views.index, name="list"),
    path("issue/", views.issue, name="issue"),
    path("<uuid:token_id>/revoke/", views.revoke, name="revoke"),
]
