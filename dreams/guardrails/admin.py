from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from dreams.guardrails.models import GuardrailSetting, Watch
from governance.admin_base import TenantAdmin


@admin.register(Watch)
class WatchAdmin(TenantAdmin):
    """Watched amendments, to look at. They are decided on the amendment's page."""

    list_display = ("amendment", "state", "begins_at", "ends_at", "because")
    list_select_related = ("amendment",)
    list_filter = ("state",)
    search_fields = ("amendment__system_name", "because")
    ordering = ("-begins_at",)

    def in_app(self, obj: Watch) -> str:
        return reverse("amendments:detail", args=[obj.amendment.number])

    def ledger_subject(self, obj: Watch) -> str:
        return obj.amendment.label


@admin.register(GuardrailSetting)
class GuardrailSettingAdmin(TenantAdmin):
    """How amendments are watched. It is changed on its page."""

    list_display = ("days", "updated_at", "updated_by")

    def in_app(self, obj: GuardrailSetting) -> str:
        return reverse("guardrails:settings")
