from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST: Final = 1_000
EVERYTHING: Final = "*"
"""Stands for the whole tenant; no system is called so."""


class ReasonForm(forms.Form):
    """Why. The verb checks again."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands on the ledger beside your name."),
    )


class HoldForm(ReasonForm):
    """What is held, and why."""

    system = forms.ChoiceField(label=_("What"), required=False)
    execution_id = forms.UUIDField(
        label=_("Or one execution"), required=False, help_text=_("Its id, as its page shows it; leave What empty then.")
    )
    field_order = ("system", "execution_id", "reason")

    def __init__(self, data: Mapping[str, Any] | None = None, *, systems: Iterable[str]) -> None:
        super().__init__(data, auto_id="hold_%s")
        field = self.fields["system"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("Choose")),
            (EVERYTHING, _("Everything in this tenant")),
            *((one, one) for one in systems),
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("system") and not found.get("execution_id"):
            raise forms.ValidationError(_("Choose what is held: everything, a system, or one execution."))
        return found


class YearsForm(forms.Form):
    """For how many years; shows first what that would do."""

    years = forms.IntegerField(label=_("Years"), min_value=1, max_value=100, help_text=_("From 1 to 100."))
