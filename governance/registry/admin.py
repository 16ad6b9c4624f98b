from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import Field
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from governance.admin_base import FixableAdmin, TenantAdmin, pretty
from governance.admin_filters import by_system
from governance.registry.actions import FIXABLE, fix_system
from governance.registry.models import System, SystemVersion
from governance.scope import Scope
from governance.web import now


@admin.register(System)
class SystemAdmin(FixableAdmin):
    """A system's ungoverned fields may be mended; its constitution changes by amendment only."""

    fixable = FIXABLE
    list_display = ("name", "type", "status", "version", "constitution_version", "lifecycle_state", "updated_at")
    list_filter = ("type", "status", "lifecycle_state", "deployment_type")
    search_fields = ("name", "description")
    ordering = ("name",)
    fields = (
        *FIXABLE,
        "name",
        "status",
        "version",
        "constitution_version",
        "capability_list",
        "document",
        "lifecycle_state",
        "total_executions",
        "successful_executions",
        "created_by",
        "created_at",
        "updated_at",
    )

    def fix(self, *, scope: Scope, obj: System, values: dict[str, Any], reason: str) -> None:
        fix_system(scope=scope, system_name=obj.name, values=values, reason=reason, at=now())

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "description":
            kwargs["widget"] = AdminTextareaWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def in_app(self, obj: Any) -> str:
        return reverse("systems:detail", kwargs={"name": obj.name})

    @admin.display(description="Capabilities")
    def capability_list(self, system: System) -> str:
        return ", ".join(system.capabilities) or "none"

    @admin.display(description="Constitution")
    def document(self, system: System) -> SafeString:
        return pretty(system.constitution)


@admin.register(SystemVersion)
class SystemVersionAdmin(TenantAdmin):
    list_display = ("system", "number", "cause", "by", "at")
    list_filter = (by_system(), "cause")
    list_select_related = ("system",)
    search_fields = ("system__name", "by")
    ordering = ("-at", "-id")
    fields = ("system", "number", "cause", "by", "at", "digest", "document")

    def in_app(self, obj: Any) -> str:
        return reverse("systems:versions", kwargs={"name": obj.system.name})

    @admin.display(description="Constitution")
    def document(self, version: SystemVersion) -> SafeString:
        return pretty(version.canonical)
