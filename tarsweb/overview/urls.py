from __future__ import annotations

from django.urls import path

from tarsweb.overview import figures_view, views

app_name = "overview"
urlpatterns = [
    path("", views.home, name="home"),
    path("progress/", views.progress, name="progress"),
    path("figures/", figures_view.figures, name="figures"),
    path("applied/", views.applied, name="applied"),
]
