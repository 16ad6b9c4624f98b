from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import canonical
from governance.errors import DomainError
from routing.whatif.asked import LONGEST_DAYS, USUAL_DAYS, Asked, added_of
from routing.whatif.queries import Offer


class WhatIfForm(forms.Form):
    """What is changed in thought. The verb checks again."""

    days = forms.IntegerField(
        label=_("Days to replay"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=USUAL_DAYS,
        help_text=_("The last days, up to 90."),
    )
    threshold = forms.DecimalField(
        label=_("Threshold"),
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(1),
        max_digits=5,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    amendment = forms.TypedChoiceField(label=_("An open amendment"), required=False, coerce=int, empty_value=None)
    off = forms.MultipleChoiceField(label=_("Rules that are off"), required=False, widget=forms.CheckboxSelectMultiple)
    added = forms.CharField(
        label=_("Rules that are new"),
        required=False,
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line: a request as somebody would type it -> system."),
    )
    constitution = forms.CharField(
        label=_("Another constitution of the router"),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "data-json": True, "spellcheck": "false"}),
        help_text=_("JSON, whole. Empty: as it is, or as the amendment asks."),
    )

    def __init__(self, data: Any = None, *, offer: Offer, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["amendment"].choices = [("", _("None")), *offer.amendments]  # type: ignore[attr-defined]
        self.fields["off"].choices = offer.rules  # type: ignore[attr-defined]
        said = _("From 0 to 1. Empty: as the constitution says, %(now)s today.") % {"now": f"{offer.law.threshold:.2f}"}
        self.fields["threshold"].help_text = said

    def clean_added(self) -> Any:
        found, faults = added_of(self.cleaned_data["added"])
        if faults:
            raise forms.ValidationError(list(faults))
        return found

    def clean_constitution(self) -> Any:
        text = self.cleaned_data["constitution"].strip()
        if not text:
            return None
        try:
            found = canonical.loads(text)
        except DomainError as fault:
            raise forms.ValidationError(fault.sentence) from fault
        if not isinstance(found, dict):
            raise forms.ValidationError(_("A constitution is a JSON object."))
        return found

    @property
    def asked(self) -> Asked:
        """What the valid form says."""
        said = self.cleaned_data
        return Asked(
            days=said["days"],
            threshold=None if said["threshold"] is None else float(said["threshold"]),
            off=tuple(said["off"]),
            added=said["added"],
            amendment=said["amendment"],
            constitution=said["constitution"],
        )


def typed_of(asked: dict[str, Any]) -> dict[str, Any]:
    """What stands in the form for a question that was asked before."""
    known = {name: asked[name] for name in ("days", "threshold", "amendment", "off")}
    added = "\n".join(f"{one['text']} -> {one['system']}" for one in asked["added"])
    constitution = asked["constitution"]
    return {**known, "added": added, "constitution": json.dumps(constitution, indent=2) if constitution else ""}
