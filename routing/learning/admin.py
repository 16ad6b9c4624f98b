from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from governance.admin_base import TenantAdmin
from routing.learning.models import RuleProposal


@admin.register(RuleProposal)
class RuleProposalAdmin(TenantAdmin):
    """Proposed rules, to look at. They are decided on their pages."""

    list_display = ("pattern", "recommended_system", "confidence_score", "state", "proposed_at")
    list_select_related = ("recommended_system",)
    list_filter = ("state",)
    search_fields = ("pattern",)
    ordering = ("-proposed_at",)
    unread = ("request_embedding",)

    def in_app(self, obj: RuleProposal) -> str:
        return reverse("learning:detail", args=[obj.id])

    def ledger_subject(self, obj: RuleProposal) -> str:
        return str(obj.id)
