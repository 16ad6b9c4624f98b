from __future__ import annotations

from django.urls import path

from governance.drift import views

app_name = "drift"
urlpatterns = [path("<path:name>/", views.page, name="page")]
