from __future__ import annotations

from django.urls import path

from governance.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.index, name="list"),
    path("read/", views.read, name="read_all"),
    path("<uuid:notice_id>/read/", views.read, name="read"),
    path("preferences/", views.preferences, name="preferences"),
    path("outbox/", views.outbox_page, name="outbox"),
    path("outbox/<uuid:mail_id>/", views.mail, name="mail"),
    path("outbox/<uuid:mail_id>/send-again/", views.send_again, name="send_again"),
]
