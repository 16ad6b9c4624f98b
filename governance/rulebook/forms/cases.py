"""Saving a case that was tried."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.policy.verdict import Outcome
from governance.rulebook.actions.cases import MOST_NAME
from governance.rulebook.models import OutcomeWord


class SaveCaseForm(forms.Form):
    """What a tried case needs to become a regression test of the law."""

    title = forms.CharField(
        label=_("What this case says"),
        max_length=MOST_NAME,
        widget=forms.TextInput(attrs={"placeholder": _("A refund above 500 euro is denied")}),
    )
    expected = forms.ChoiceField(label=_("It must be"), choices=OutcomeWord.choices)
    expected_rules = forms.CharField(
        required=False,
        label=_("Rules that must decide it"),
        help_text=_("Ids with spaces between; none: only the outcome counts."),
        max_length=4000,
    )
    is_fixed = forms.BooleanField(required=False, label=_("Always ask it for the moment above"))
    note = forms.CharField(required=False, label=_("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def wish(self) -> dict[str, Any]:
        """What the verb takes of it."""
        said = self.cleaned_data
        return {
            "name": said["title"],
            "expected": Outcome(said["expected"]),
            "expected_rules": said["expected_rules"].split(),
            "note": said["note"],
        }
