from __future__ import annotations

from django.urls import path

from billing.budgets import views

app_name = "budgets"
urlpatterns = [path("", views.page, name="list")]
