from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_system
from governance.drift.models import DriftState


@admin.register(DriftState)
class DriftStateAdmin(TenantAdmin):
    """Where systems stand, to look at. The state is set on the system's page."""

    list_display = ("system", "state", "since", "changed_by", "reason")
    list_select_related = ("system",)
    list_filter = (by_system(), "state")
    search_fields = ("system__name", "reason", "changed_by")
    ordering = ("system__name",)

    def in_app(self, obj: DriftState) -> str:
        return reverse("systems:detail", kwargs={"name": obj.system.name})

    def ledger_subject(self, obj: DriftState) -> str:
        return obj.system.name
