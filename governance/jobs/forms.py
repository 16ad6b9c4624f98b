from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.jobs.models import JobState
from governance.jobs.queries import Filters


class FilterForm(forms.Form):
    """The list's filters, from the URL; an unknown value narrows nothing."""

    q = forms.CharField(
        required=False,
        label=_("Text"),
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "data-filter": "", "placeholder": "Export, a name"}),
    )
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", "Any"), ("active", "Not ended"), *JobState.choices]
    )
    mine = forms.BooleanField(required=False, label=_("Mine only"))

    def filters(self) -> Filters:
        """What is valid of the filters."""
        self.is_valid()
        asked = getattr(self, "cleaned_data", {})
        return Filters(q=asked.get("q", ""), state=asked.get("state", ""), mine=bool(asked.get("mine")))
