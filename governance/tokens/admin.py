from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.admin_filters import by_person, by_system
from governance.tokens.models import ApiToken, RateWindow


@admin.register(ApiToken)
class ApiTokenAdmin(TenantAdmin):
    """Tokens, to look at. They are issued and revoked on their page."""

    list_display = ("name", "prefix", "user", "system", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user", "system")
    list_filter = (
        by_system(),
        by_person("user_id"),
        ("revoked_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "prefix", "user__email", "system__name")
    ordering = ("-id",)
    unread = ("secret_hash",)

    def in_app(self, obj: ApiToken) -> str:
        return reverse("tokens:list")


@admin.register(RateWindow)
class RateWindowAdmin(TenantAdmin):
    """How often each caller of the API asked in the last minute it did."""

    list_display = ("caller", "starts_at", "count")
    ordering = ("-starts_at",)
