from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person, by_system
from governance.estop.actions import EVERYTHING
from governance.estop.models import EStop


@admin.register(EStop)
class EStopAdmin(TenantAdmin):
    """Every press of the e-stop, to look at. It is pressed and lifted on its page."""

    list_display = ("what", "reason", "stopped_at", "stopped_by", "lifted_at", "lifted_by")
    list_select_related = ("system",)
    list_filter = (by_system(), by_person("user_id"), ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("reason", "stopped_by", "system__name")
    ordering = ("-id",)

    @admin.display(description="What")
    def what(self, obj: EStop) -> str:
        return obj.system.name if obj.system else EVERYTHING

    def in_app(self, obj: EStop) -> str:
        return reverse("estop:page")

    def ledger_subject(self, obj: EStop) -> str:
        return self.what(obj)
