from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.estop.actions import LONGEST

EVERYTHING: Final = "*"
"""Stands for the whole tenant; no system is called so."""


class ReasonForm(forms.Form):
    """Why. The verb checks again."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands on the ledger and on every page while it is stopped."),
    )


class StopForm(ReasonForm):
    """What to stop and why, with one tick so that no stray click stops anything."""

    system = forms.ChoiceField(label=_("What"), error_messages={"required": _("Choose what to stop.")})
    is_meant = forms.BooleanField(
        label=_("Stop it now"), error_messages={"required": _("Tick this to say that you mean it.")}
    )
    field_order = ("system", "reason", "is_meant")

    def __init__(self, data: Mapping[str, Any] | None = None, *, systems: Iterable[str], chosen: str = "") -> None:
        super().__init__(data, initial={"system": chosen})
        field = self.fields["system"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("Choose")),
            (EVERYTHING, _("Everything in this tenant")),
            *((name, name) for name in systems),
        ]


class LiftForm(ReasonForm):
    """Why it is safe to go on."""

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="lift_%s")
        self.fields["reason"].label = _("Why it is safe to go on")
        self.fields["reason"].help_text = _("Stands on the ledger beside your name.")
