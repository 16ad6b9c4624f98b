from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.tenants.models import TIER_LIMITS, Tier
from tarsweb.platform.budgets import LEVELS, SORTS

_REASON = {"max_length": 2000, "help_text": "It stands on the tenant’s ledger."}


class FilterForm(forms.Form):
    """What narrows the list of tenants."""

    q = forms.CharField(required=False, max_length=200)
    tier = forms.ChoiceField(required=False, choices=[("", "Every tier"), *Tier.choices])
    state = forms.ChoiceField(
        required=False, choices=[("", "Every state"), ("active", "Active"), ("deactivated", "Deactivated")]
    )


class BudgetFilterForm(forms.Form):
    """What narrows the list of tenants near their limit, and how it is sorted."""

    q = forms.CharField(required=False, label=_("Name"), max_length=200)
    level = forms.ChoiceField(required=False, label=_("Level"), choices=[("", _("Every tenant")), *LEVELS.items()])
    sort = forms.ChoiceField(required=False, label=_("Order"), choices=list(SORTS.items()))

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({name: data.get(name, "") for name in ("q", "level", "sort")})
        self.fields["q"].widget.attrs["data-filter"] = ""


class _Terms(forms.Form):
    """The limits of a contract."""

    tier = forms.TypedChoiceField(coerce=Tier, choices=Tier.choices)
    max_users = forms.IntegerField(label=_("People at most"), min_value=1, max_value=1_000_000)
    max_monthly_budget = forms.DecimalField(
        label=_("USD a month at most"),
        min_value=0,
        max_digits=18,
        decimal_places=2,
        help_text=_("No budget exceeds it."),
    )


class OpenForm(_Terms):
    """A new tenant: its contract, and its first admin."""

    name = forms.CharField(max_length=200)
    domain = forms.CharField(required=False, max_length=253, help_text=_("Such as example.com; may be left empty."))
    admin_email = forms.EmailField(label=_("First admin’s e-mail address"), help_text=_("They get an invitation."))
    admin_name = forms.CharField(label=_("First admin’s name"), required=False, max_length=200)
    field_order = ("tier", "name", "domain", "max_users", "max_monthly_budget", "admin_email", "admin_name")

    def __init__(self, data: Mapping[str, Any] | None = None, *, tier: Tier = Tier.STARTER) -> None:
        users, budget = TIER_LIMITS[tier]
        initial = {"tier": tier, "max_users": users, "max_monthly_budget": budget}
        super().__init__(data, auto_id="open-%s", initial=initial)
        self.fields["tier"].widget = forms.HiddenInput()


class TermsForm(_Terms):
    """Another contract, and why."""

    reason = forms.CharField(**_REASON)  # type: ignore[arg-type]

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, auto_id="terms-%s", **options)


class ReasonForm(forms.Form):
    """Why a tenant is visited or opened again."""

    reason = forms.CharField(**_REASON)  # type: ignore[arg-type]

    def __init__(self, data: Mapping[str, Any] | None = None, *, prefix_id: str) -> None:
        super().__init__(data, auto_id=f"{prefix_id}-%s")


class CloseForm(ReasonForm):
    """Why a tenant is closed, and its name, so that it is the right one."""

    name = forms.CharField(label=_("The tenant’s name, to be sure"), max_length=200)

    def __init__(self, data: Mapping[str, Any] | None = None, *, name: str) -> None:
        super().__init__(data, prefix_id="close")
        self._name = name

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if typed.strip() != self._name:
            raise forms.ValidationError(f"Type {self._name} to close this tenant and no other.")
        return typed
