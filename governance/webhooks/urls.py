from __future__ import annotations

from django.urls import path

from governance.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="list"),
    path("add/", views.add, name="add"),
    path("<uuid:webhook_id>/", views.detail, name="detail"),
    path("<uuid:webhook_id>/switch/", views.switch, name="switch"),
    path("<uuid:webhook_id>/rotate-secret/", views.rotate, name="rotate"),
    path("<uuid:webhook_id>/remove/", views.remove, name="remove"),
    path("<uuid:webhook_id>/test/", views.test, name="test"),
    path("<uuid:webhook_id>/deliveries/<uuid:delivery_id>/", views.delivery, name="delivery"),
    path("<uuid:webhook_id>/deliveries/<uuid:delivery_id>/send-again/", views.send_again, name="send_again"),
]
