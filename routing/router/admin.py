from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from routing.router.models import RoutingRule


@admin.register(RoutingRule)
class RoutingRuleAdmin(TenantAdmin):
    """Routing rules, to look at. They are written, edited and switched on their pages."""

    list_display = (
        "request_pattern",
        "recommended_system",
        "confidence_score",
        "is_active",
        "auto_generated",
        "updated_at",
    )
    list_select_related = ("recommended_system",)
    list_filter = ("is_active", "auto_generated")
    search_fields = ("request_pattern", "action")
    ordering = ("request_pattern",)

    def in_app(self, obj: RoutingRule) -> str:
        return reverse("routing:detail", args=[obj.id])

    def ledger_subject(self, obj: RoutingRule) -> str:
        return str(obj.id)
