from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.admin_base import FixableAdmin
from governance.scope import Scope
from governance.tenants.actions import FIXABLE, fix_tenant
from governance.tenants.models import Tenant
from governance.web import now


@admin.register(Tenant)
class TenantRecordAdmin(FixableAdmin):
    """The request's own tenant and no other."""

    tenant_field = "id"
    fixable = FIXABLE
    list_display = ("name", "subscription_tier", "max_users", "max_monthly_budget", "retention_years", "is_active")
    fields = (
        *FIXABLE, "retention_years", "domain", "subscription_tier", "max_users", "max_monthly_budget", "is_active", "created_at",
    )  # fmt: skip
    ordering = ("name",)

    def fix(self, *, scope: Scope, obj: Tenant, values: dict[str, Any], reason: str) -> None:
        fix_tenant(scope=scope, values=values, reason=reason, at=now())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.id == request.scope.tenant_id)  # type: ignore[attr-defined]
