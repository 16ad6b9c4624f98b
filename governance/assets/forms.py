from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.assets.actions.common import LONGEST, LONGEST_NAME
from governance.assets.models import AssetType, Fallback, MandateEffect, Ownership
from governance.assets.queries import AssetLine, MandateLine


class LinesField(forms.CharField):
    """Several texts, one a line or with commas between."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), **options)

    def to_python(self, value: Any) -> Any:
        return [one.strip() for one in re.split(r"[\n,]", str(value or "")) if one.strip()]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands on the ledger."),
    )


class SharingForm(forms.Form):
    """How an asset is shared. The verb checks again."""

    asset_type = forms.ChoiceField(label=_("Type"), choices=AssetType.choices)
    ownership_model = forms.ChoiceField(
        label=_("Ownership"), choices=Ownership.choices, help_text=_("Personal needs an owner.")
    )
    owner = forms.CharField(
        label=_("Owner"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("A system's name, a person's address or another name."),
    )
    parties = LinesField(
        label=_("Parties"), required=False, help_text=_("One a line. Nobody named: nobody is left out.")
    )
    requires_consensus = forms.BooleanField(label=_("Every party approves each use"), required=False)
    fallback_allocation = forms.ChoiceField(label=_("Where nothing else decides"), choices=Fallback.choices)
    externality_pricing = forms.DecimalField(
        label=_("Price of a unit for others"), max_digits=18, decimal_places=6, min_value=0, required=False
    )
    usage_cap_per_user = forms.IntegerField(
        label=_("Cap for each user"), min_value=0, max_value=2**31 - 1, required=False, help_text=_("In any 24 hours.")
    )
    usage_cap_per_hour = forms.IntegerField(
        label=_("Cap for everybody"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=_("In any 60 minutes."),
    )


class RegisterForm(SharingForm):
    name = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        label=_("Name"),
        max_length=80,
        help_text=_("How everybody will call it, for good: letters, digits, dots, dashes."),
    )
    field_order = ("name",)


class ChangeForm(SharingForm, ReasonForm):
    field_order = (*SharingForm.base_fields, "reason")

    def __init__(self, data: Any = None, *, line: AssetLine) -> None:
        initial = {
            "asset_type": line.asset_type,
            "ownership_model": line.ownership,
            "owner": line.owner,
            "parties": "\n".join(line.parties),
            "requires_consensus": line.requires_consensus,
            "fallback_allocation": line.fallback_allocation,
            "externality_pricing": line.externality_pricing,
            "usage_cap_per_user": line.cap_per_user,
            "usage_cap_per_hour": line.cap_per_hour,
        }
        super().__init__(data, initial=initial)


class MandateForm(forms.Form):
    """What a group decided about one asset. The verb checks again."""

    effect = forms.ChoiceField(label=_("What it does"), choices=MandateEffect.choices)
    actions = LinesField(label=_("Actions"), help_text=_("One a line; train.* covers every action that begins so."))
    condition = forms.CharField(
        label=_("Only where"),
        max_length=LONGEST,
        required=False,
        help_text=_("Conditions in the rules' text format, such as hours <= 4. Empty: always."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    authority = forms.CharField(
        label=_("By the authority of"), max_length=LONGEST_NAME, help_text=_("The group, such as did:group:ml.")
    )
    expires_at = forms.DateTimeField(
        label=_("Until (UTC)"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    revocation_conditions = LinesField(
        label=_("Ends early where"), required=False, help_text=_("One a line, such as majority_vote.")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="mandate_%s")

    def clean_expires_at(self) -> datetime:
        found: datetime = self.cleaned_data["expires_at"]
        # The field says UTC, whatever zone the reader's pages are in.
        return found.replace(tzinfo=UTC)


class RevokeForm(ReasonForm):
    """Why a mandate ends, and which of its conditions was met."""

    met_condition = forms.ChoiceField(label=_("Which of its conditions was met"), required=False)
    field_order = ("met_condition", "reason")

    def __init__(self, data: Any = None, *, mandate: MandateLine) -> None:
        super().__init__(data)
        choices = [("", _("None of them")), *((one, one) for one in mandate.revocation_conditions)]
        self.fields["met_condition"].choices = choices  # type: ignore[attr-defined]


class ContestForm(ReasonForm):
    mediator = forms.CharField(
        label=_("Mediator"), max_length=LONGEST_NAME, help_text=_("Neutral: neither the owner nor a party.")
    )
    field_order = ("mediator", "reason")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="contest_%s")
