from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from tarsweb.account import views

app_name = "account"
urlpatterns = [
    path("", views.index, name="index"),
    path("passkey-challenge/", views.challenge, name="challenge"),
    # allauth's own overviews: the first is this page; an address is changed by a tenant admin, never by its owner alone.
    path("2fa/", RedirectView.as_view(pattern_name="account:index")),
    path("email/", RedirectView.as_view(pattern_name="account:index")),
]
