from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from routing.telemetry.models import ToolCall


@admin.register(ToolCall)
class ToolCallAdmin(TenantAdmin):
    """Tool calls, to look at: append-only."""

    list_display = ("timestamp", "server_name", "tool_name", "success", "execution_time_ms", "reported_by")
    list_filter = ("success",)
    search_fields = ("=server_name", "=tool_name")
    ordering = ("-timestamp", "-id")

    def in_app(self, obj: ToolCall) -> str:
        return reverse("telemetry:call", kwargs={"call_id": obj.id})
