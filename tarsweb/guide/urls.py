from __future__ import annotations

from django.urls import path

from tarsweb.guide import views

app_name = "guide"
urlpatterns = [
    path("", views.path, name="path"),
    path("<int:number>/", views.step, name="step"),
    path("leave/", views.leave, name="leave"),
    path("hide/", views.hide, name="hide"),
    path("show/", views.show, name="show"),
]
