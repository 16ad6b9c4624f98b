from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString

from governance.admin_base import TenantAdmin, pretty
from governance.ledger.models import LedgerEntry


@admin.register(LedgerEntry)
class LedgerEntryAdmin(TenantAdmin):
    """The chain, to search; the ledger page verifies it."""

    list_display = ("sequence", "event_type", "action_name", "subject", "actor_name", "at")
    list_filter = ("event_type", "action_name")
    search_fields = ("subject", "actor_name", "action_name")
    date_hierarchy = None
    ordering = ("-sequence",)
    fields = (
        "sequence",
        "event_type",
        "action_name",
        "subject",
        "actor_name",
        "at",
        "recorded_at",
        "signer",
        "content",
        "redaction_class",
    )

    def in_app(self, obj: Any) -> str:
        return reverse("ledger:entry", kwargs={"sequence": obj.sequence})

    @admin.display(description="What it says (pointer, salt and value)")
    def content(self, entry: LedgerEntry) -> SafeString:
        return pretty(entry.openings)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).defer("header")
