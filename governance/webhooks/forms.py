from __future__ import annotations

from typing import Any

from django import forms

from governance.webhooks.queries import Row, event_choices


class WebhookForm(forms.Form):
    """A webhook as people write it; the verb checks the address."""

    name = forms.CharField(label="Name", max_length=100, help_text="What you call the program that listens.")
    url = forms.CharField(
        label="Address",
        max_length=2000,
        help_text="https, reachable from here. Private addresses need the operator's TARS_OUTBOUND_ALLOW.",
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://ci.example.com/tars"}),
    )
    events = forms.MultipleChoiceField(
        label="Events",
        required=False,
        help_text="None chosen means every event.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, webhook: Row | None = None) -> None:
        initial = {"name": webhook.name, "url": webhook.url, "events": webhook.events} if webhook else None
        super().__init__(data, initial=initial)
        self.fields["events"].choices = event_choices()  # type: ignore[attr-defined]
