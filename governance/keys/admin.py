from __future__ import annotations

from django.contrib import admin

from governance.admin_base import TenantAdmin
from governance.keys.did import did_of
from governance.keys.models import ActorKey


@admin.register(ActorKey)
class ActorKeyAdmin(TenantAdmin):
    """Who signs with which key. The sealed half is never shown."""

    list_display = ("name", "did", "created_at", "retired_at")
    search_fields = ("name",)
    ordering = ("name", "-created_at")
    fields = ("name", "did", "created_at", "retired_at", "retired_because")

    @admin.display(description="Public key")
    def did(self, key: ActorKey) -> str:
        return did_of(bytes(key.public_key))
