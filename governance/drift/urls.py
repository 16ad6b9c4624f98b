from __future__ import annotations

from django.urls import path

from governance.drift import views

app_name = "drift"
urlpatterns = [
    path("", views.systems, name="list"),
    *(path(f"<path:name>/{verb}/", views.act, {"verb": verb}, name=verb) for verb in views.VERBS),
    path("<path:name>/", views.page, name="page"),
]
