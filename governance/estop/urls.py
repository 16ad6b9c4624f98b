from __future__ import annotations

from django.urls import path

from governance.estop import views

app_name = "estop"
urlpatterns = [
    path("", views.page, name="page"),
    path("press/", views.press, name="press"),
    path("<uuid:stop_id>/lift/", views.lift, name="lift"),
]
