from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from governance.assets.models import Asset, AssetUse, Mandate


@admin.register(Asset)
class AssetAdmin(TenantAdmin):
    """Assets, to look at. They are registered, changed and retired on their pages."""

    list_display = ("name", "asset_type", "ownership_model", "owner", "is_contested", "created_at", "retired_at")
    list_filter = ("asset_type", "ownership_model", "is_contested", ("retired_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "owner", "mediator")
    ordering = ("name",)

    def in_app(self, obj: Asset) -> str:
        return reverse("assets:detail", args=[obj.name])


@admin.register(Mandate)
class MandateAdmin(TenantAdmin):
    """Mandates, to look at. They are issued and revoked on their asset's page."""

    list_display = ("asset", "effect", "authority", "issued_at", "expires_at", "revoked_at")
    list_select_related = ("asset",)
    list_filter = ("effect", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("asset__name", "authority", "revoked_because")
    ordering = ("-id",)

    def in_app(self, obj: Mandate) -> str:
        return reverse("assets:detail", args=[obj.asset.name])

    def ledger_subject(self, obj: Mandate) -> str:
        return obj.asset.name


@admin.register(AssetUse)
class AssetUseAdmin(TenantAdmin):
    """Every use that was recorded; nobody changes one."""

    list_display = ("asset", "used_by", "amount", "at")
    list_select_related = ("asset",)
    search_fields = ("asset__name", "used_by")
    ordering = ("-at", "-id")

    def in_app(self, obj: AssetUse) -> str:
        return reverse("assets:detail", args=[obj.asset.name])

    def ledger_subject(self, obj: AssetUse) -> str:
        return obj.asset.name
