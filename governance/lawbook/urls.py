from __future__ import annotations

from django.urls import path

from governance.lawbook import views

app_name = "lawbook"
urlpatterns = [
    path("law/", views.law, name="law"),
    path("law/promote/<uuid:rule_id>/", views.promote, name="promote_session_rule"),
    path("import/", views.import_law, name="import"),
]
