from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.drift.actions import LONGEST
from governance.drift.machine import State, may_order
from governance.drift.models import DriftWord


class StateForm(forms.Form):
    """The state a system is put into, and why. The verb checks again."""

    state = forms.ChoiceField(label=_("State"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands on the ledger and beside the state."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, state: str) -> None:
        super().__init__(data, auto_id="drift_%s")
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [choice for choice in DriftWord.choices if may_order(State(state), State(choice[0]))]
