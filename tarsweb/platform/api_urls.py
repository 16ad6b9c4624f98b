from __future__ import annotations

from governance.rest import route
from tarsweb.platform import api

urlpatterns = [
    *route("platform/budgets/", api.Budgets, name="api-platform-budgets"),
    *route("platform/tenants/", api.Tenants, name="api-platform-tenants"),
    *route("platform/tenants/<uuid:tenant_id>/", api.OneTenant, name="api-platform-tenant"),
    *route("platform/tenants/<uuid:tenant_id>/terms/", api.Terms, name="api-platform-terms"),
    *route("platform/tenants/<uuid:tenant_id>/deactivate/", api.Deactivate, name="api-platform-deactivate"),
    *route("platform/tenants/<uuid:tenant_id>/reactivate/", api.Reactivate, name="api-platform-reactivate"),
]
