from __future__ import annotations

from django.urls import path

from governance.rulebook.views import sessions

app_name = "sessions"
urlpatterns = [
    path("", sessions.index, name="list"),
    path("-/understood/", sessions.understood, name="understood"),
    path("<str:session>/", sessions.detail, name="detail"),
    path("<str:session>/add/", sessions.add, name="add"),
    path("<str:session>/reset/", sessions.reset, name="reset"),
    path("<str:session>/rules/<uuid:rule_id>/extend/", sessions.extend, name="extend"),
    path("<str:session>/rules/<uuid:rule_id>/revoke/", sessions.revoke, name="revoke"),
]
