from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin_base import TenantAdmin, pretty
from governance.admin_filters import by_person
from governance.approvals import subjects
from governance.approvals.models import ApprovalDecision, ApprovalRequest, OverrideReview
from governance.approvals.quorum import Requirement, sentence
from governance.scope import tars_scope
from governance.web import now


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(TenantAdmin):
    """Questions; what they ask about is on a page of the app."""

    list_display = ("subject_kind", "needs", "state", "asked_at", "closed_at", "closed_because")
    list_filter = ("state", "subject_kind")
    search_fields = ("digest", "closed_because")
    ordering = ("-asked_at", "-id")
    fields = ("subject_kind", "needs", "state", "asked_at", "closed_at", "closed_because", "digest")

    @admin.display(description="Needs")
    def needs(self, request: ApprovalRequest) -> str:
        return sentence([Requirement.of(data) for data in request.requirements])

    def in_app(self, obj: Any) -> str | None:
        return _page(obj)


@admin.register(ApprovalDecision)
class ApprovalDecisionAdmin(TenantAdmin):
    list_display = ("actor_name", "verdict", "via", "note", "confirmed_by", "at")
    list_filter = (by_person("user_id"), "verdict", "via")
    search_fields = ("actor_name", "note", "digest")
    ordering = ("-at", "-id")
    fields = ("actor_name", "verdict", "via", "roles", "note", "confirmed_by", "at", "digest", "signer", "signed")

    @admin.display(description="What was signed")
    def signed(self, decision: ApprovalDecision) -> SafeString:
        return pretty(decision.statement)

    def in_app(self, obj: Any) -> str | None:
        return _page(obj.request)


@admin.register(OverrideReview)
class OverrideReviewAdmin(TenantAdmin):
    list_display = ("reviewed_by", "upheld", "note", "at")
    list_filter = ("upheld",)
    search_fields = ("reviewed_by", "note")
    ordering = ("-at", "-id")
    fields = ("reviewed_by", "upheld", "note", "at")

    def in_app(self, obj: Any) -> str | None:
        return _page(obj.decision.request)


def _page(request: ApprovalRequest) -> str | None:
    """Where the app shows what a question is about, as its inbox does."""
    handler = subjects.handler_of(request.subject_kind)
    if handler is None:
        return None
    rows = handler.rows(scope=tars_scope(request.tenant_id), ids=[request.subject_id], at=now())
    return rows[request.subject_id].url if request.subject_id in rows else None
