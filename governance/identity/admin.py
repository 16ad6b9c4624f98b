from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from governance.admin_base import FixableAdmin, ReasonForm, TenantAdmin
from governance.identity.actions import set_roles
from governance.identity.models import Deputy, Membership
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

    @admin.display(description="Roles")
    def role_list(self, member: Membership) -> str:
        return ", ".join(Role(name).label for name in member.roles)


@admin.register(Deputy)
class DeputyAdmin(TenantAdmin):
    list_display = ("deputy", "principal", "role", "starts_at", "ends_at", "registered_by")
    list_select_related = ("deputy", "principal")
    list_filter = ("role",)
    search_fields = ("deputy__email", "principal__email")
    ordering = ("-starts_at",)
    hidden = ("tenant", "membership")
