from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from dreams.elicitation.models import CanonicalItem, Elicitation
from governance.admin_base import TenantAdmin


@admin.register(CanonicalItem)
class CanonicalItemAdmin(TenantAdmin):
    """What is expected of systems, to look at. It is written on its page."""

    list_display = ("key", "kind", "is_active", "version", "updated_at", "updated_by")
    list_filter = ("kind", "is_active")
    search_fields = ("key", "updated_by")
    ordering = ("kind", "key")
    hidden = ("tenant", "updated_by_id")

    def in_app(self, obj: CanonicalItem) -> str:
        return reverse("elicitation:item", args=[obj.kind, obj.key])

    def ledger_subject(self, obj: CanonicalItem) -> str:
        return str(obj.content["title"])


@admin.register(Elicitation)
class ElicitationAdmin(TenantAdmin):
    """Runs of the scenarios, to look at."""

    list_display = ("system", "at", "asked", "as_expected", "checks", "agreed", "is_passed", "requested_by")
    list_select_related = ("system",)
    list_filter = ("is_passed",)
    search_fields = ("system__name", "requested_by")
    ordering = ("-at",)
    hidden = ("tenant", "job")
    unread = ("canonical",)

    def in_app(self, obj: Elicitation) -> str:
        return reverse("elicitation:run", args=[obj.id])

    def ledger_subject(self, obj: Elicitation) -> str:
        return obj.system.name
