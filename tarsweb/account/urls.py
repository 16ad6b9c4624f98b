from __future__ import annotations

from django.urls import path

from tarsweb.account import views

app_name = "account"
urlpatterns = [
    path("", views.index, name="index"),
    path("passkey-challenge/", views.challenge, name="challenge"),
]
