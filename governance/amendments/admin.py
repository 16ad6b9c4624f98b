from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance.admin_base import TenantAdmin, pretty
from governance.admin_filters import by_person, by_system
from governance.amendments import admin_confirm
from governance.amendments.models import (
    AmendmentProposal,
    ConstitutionalAmendment,
    ProposalMove,
    Quorum,
    Rollback,
    StandingAuthority,
)


class DecidingAdmin(TenantAdmin):
    """A list whose actions lead to a confirmation page, which calls the verbs of the amendment page."""

    acts: ClassVar[tuple[str, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_confirm"
        page = path("confirm/<slug:act>/", self.admin_site.admin_view(self.confirm), name=name)
        return [page, *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # built here: the class attribute would be shared by both lists
        return {act: (self._leads_to(act), act, admin_confirm.ACTS[act].label) for act in self.acts}

    def confirm(self, request: HttpRequest, act: str) -> HttpResponse:
        return admin_confirm.page(request, act=act, acts=self.acts, model_admin=self)

    def _leads_to(self, act: str) -> Any:
        def lead(model_admin: DecidingAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
            numbers = "&".join(
                f"numbers={number}" for number in queryset.order_by("number").values_list("number", flat=True)
            )
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_confirm", kwargs={"act": act})
            return HttpResponseRedirect(f"{url}?{numbers}")

        return lead

    def in_app(self, obj: Any) -> str:
        return reverse("amendments:detail", kwargs={"number": obj.number})


@admin.register(AmendmentProposal)
class AmendmentProposalAdmin(DecidingAdmin):
    acts = ("approve", "reject")
    list_display = ("label", "sentence", "system", "state", "amendment_type", "effect", "proposed_by", "updated_at")
    list_filter = (
        by_system(),
        by_person("proposer_id", title="proposer"),
        "state",
        "amendment_type",
        "basis",
        "effect",
    )
    list_select_related = ("system",)
    search_fields = ("number", "sentence", "proposed_by", "system__name")
    ordering = ("-number",)
    fields = (
        "label",
        "sentence",
        "system",
        "amendment_type",
        "basis",
        "effect",
        "state",
        "revision",
        "proposed_by",
        "created_at",
        "updated_at",
        "effective_at",
        "expires_at",
        "moves",
    )

    @admin.display(description="Amendment", ordering="number")
    def label(self, proposal: AmendmentProposal) -> str:
        return proposal.label

    @admin.display(description="What happened")
    def moves(self, proposal: AmendmentProposal) -> SafeString:
        rows = ProposalMove.objects.filter(tenant_id=proposal.tenant_id, proposal=proposal).order_by("ledger_sequence")
        told = ((f"{row.at:%d %B %Y, %H:%M} UTC", row.after.replace("_", " "), row.by, row.why) for row in rows)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} by {} {}</li>", told))


@admin.register(ConstitutionalAmendment)
class ConstitutionalAmendmentAdmin(DecidingAdmin):
    acts = ("roll-back",)
    list_display = ("label", "sentence", "system_name", "effect", "approved_by", "approved_at", "rolled_back_at")
    list_filter = (
        by_system(),
        "amendment_type",
        "basis",
        "effect",
        "can_rollback",
        ("rolled_back_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("number", "sentence", "proposed_by", "approved_by", "system_name")
    ordering = ("-approved_at", "-id")
    fields = (
        "label",
        "sentence",
        "system_name",
        "amendment_type",
        "basis",
        "effect",
        "changes",
        "evidence_given",
        "base_version",
        "new_version",
        "proposed_by",
        "approved_by",
        "approved_at",
        "can_rollback",
        "rolled_back_at",
        "digest",
    )

    @admin.display(description="Amendment", ordering="number")
    def label(self, amendment: ConstitutionalAmendment) -> str:
        return amendment.label

    @admin.display(description="What changed")
    def changes(self, amendment: ConstitutionalAmendment) -> SafeString:
        return pretty(amendment.diff)

    @admin.display(description="Evidence")
    def evidence_given(self, amendment: ConstitutionalAmendment) -> SafeString:
        return pretty(amendment.evidence)


@admin.register(Rollback)
class RollbackAdmin(TenantAdmin):
    list_display = ("amendment", "sentence", "state", "effect", "reason", "requested_by", "requested_at", "done_at")
    list_filter = (by_system(), "state", "effect")
    list_select_related = ("amendment",)
    search_fields = ("reason", "sentence", "requested_by")
    ordering = ("-requested_at", "-id")
    fields = ("amendment", "sentence", "state", "effect", "reason", "requested_by", "requested_at", "done_at", "digest")

    def in_app(self, obj: Any) -> str:
        return reverse("amendments:detail", kwargs={"number": obj.amendment.number})


@admin.register(StandingAuthority)
class StandingAuthorityAdmin(TenantAdmin):
    list_display = ("granted_by", "reason", "max_per_week", "granted_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("granted_by", "reason")
    ordering = ("-granted_at", "-id")
    hidden = ("tenant", "granted_by_id")

    def in_app(self, obj: Any) -> str:
        return reverse("amendments:authority")


@admin.register(Quorum)
class QuorumAdmin(TenantAdmin):
    list_display = ("amendment_type", "effect", "role", "count")
    list_filter = ("amendment_type", "role")
    ordering = ("amendment_type", "effect", "role")

    def in_app(self, obj: Any) -> str:
        return reverse("amendments:authority")
