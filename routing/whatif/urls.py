from __future__ import annotations

from django.urls import path

from routing.whatif import views

app_name = "whatif"
urlpatterns = [
    path("", views.index, name="list"),
    path("<uuid:job_id>/", views.detail, name="detail"),
    path("<uuid:job_id>/attach/", views.attach, name="attach"),
    path("<uuid:job_id>/result.json", views.file, {"format": "json"}, name="json"),
    path("<uuid:job_id>/moves.csv", views.file, {"format": "csv"}, name="csv"),
]
