from __future__ import annotations

from django.urls import path

from tarsweb.platform import views

app_name = "platform"
urlpatterns = [
    path("tenants/", views.index, name="list"),
    path("budgets/", views.budgets, name="budgets"),
    path("tenants/open/", views.open_page, name="open"),
    path("tenants/<uuid:tenant_id>/", views.detail, name="tenant"),
    path("tenants/<uuid:tenant_id>/terms/", views.terms, name="terms"),
    path("tenants/<uuid:tenant_id>/deactivate/", views.deactivate, name="deactivate"),
    path("tenants/<uuid:tenant_id>/reactivate/", views.reactivate, name="reactivate"),
    path("tenants/<uuid:tenant_id>/visit/", views.visit, name="visit"),
    path("visit/end/", views.leave, name="end_visit"),
]
