from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from governance.admin_base import FixableAdmin, ReasonForm, TenantAdmin
from governance.admin_filters import by_person
from governance.identity.actions import set_roles
from governance.identity.models import Deputy, Invitation, Membership
from governance.scope import Role, Scope
from governance.web import now


class MembershipForm(ReasonForm):
    roles = forms.MultipleChoiceField(
        choices=[(role.value, role.label) for role in Role], widget=forms.CheckboxSelectMultiple
    )


@admin.register(Membership)
class MembershipAdmin(FixableAdmin):
    """Who belongs to this tenant, as what. People themselves are global and not edited here."""

    form = MembershipForm
    fixable = ("roles",)
    list_display = ("user", "role_list", "created_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    ordering = ("user__email",)
    fields = ("roles", "user", "created_at", "ended_at")

    def fix(self, *, scope: Scope, obj: Membership, values: dict[str, Any], reason: str) -> None:
        if values:
            roles = [Role(name) for name in values["roles"]]
            set_roles(scope=scope, user=obj.user, roles=roles, reason=reason, at=now())

    def in_app(self, obj: Membership) -> str:
        return reverse("people:person", kwargs={"user_id": obj.user_id})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        # the autocomplete names each row by its person
        return super().get_queryset(request).select_related("user")

    @admin.display(description="Roles")
    def role_list(self, member: Membership) -> str:
        return _labels(member.roles)


@admin.register(Deputy)
class DeputyAdmin(TenantAdmin):
    list_display = ("deputy", "principal", "role", "starts_at", "ends_at", "registered_by")
    list_select_related = ("deputy", "principal")
    list_filter = (by_person("deputy_id", title="deputy"), by_person("principal_id", title="principal"), "role")
    search_fields = ("deputy__email", "principal__email")
    ordering = ("-starts_at",)
    hidden = ("tenant", "membership")

    def in_app(self, obj: Deputy) -> str:
        return reverse("people:person", kwargs={"user_id": obj.principal_id})


@admin.register(Invitation)
class InvitationAdmin(TenantAdmin):
    """Who was asked to join. They are made, sent again and revoked on the people page."""

    list_display = ("email", "name", "role_list", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = (("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name", "invited_by")
    ordering = ("-id",)
    fields = ("email", "name", "role_list", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    unread = ("secret_hash",)

    def in_app(self, obj: Invitation) -> str:
        return reverse("people:list")

    @admin.display(description="Roles")
    def role_list(self, invitation: Invitation) -> str:
        return _labels(invitation.roles)


def _labels(roles: list[str]) -> str:
    return ", ".join(Role(name).label for name in roles)
