from __future__ import annotations

from django.urls import path

from governance.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.index, name="list"),
    path("worker/", views.worker, name="worker"),
    path("<uuid:job_id>/", views.detail, name="detail"),
    path("<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:job_id>/retry/", views.retry, name="retry"),
]
