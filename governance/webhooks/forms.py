from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.webhooks.queries import Row, event_choices


class WebhookForm(forms.Form):
    """A webhook as people write it; the verb checks the address."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What you call the program that listens."))
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("https, reachable from here. Private addresses need the operator's TARS_OUTBOUND_ALLOW."),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://ci.example.com/tars"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        help_text=_("None chosen means every event."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, webhook: Row | None = None) -> None:
        initial = {"name": webhook.name, "url": webhook.url, "events": webhook.events} if webhook else None
        super().__init__(data, initial=initial)
        self.fields["events"].choices = event_choices()  # type: ignore[attr-defined]
