"""The filters of the ledger page, from the URL. An unknown value is ignored, never an error page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from governance.audit.queries import EVENT_LABELS, Filters

MORE = ("action", "subject", "since", "until")
"""Filters that a page folds away until they are used."""


class FilterForm(forms.Form):
    """`since` and `until` are whole days in the reader's zone, both included."""

    q = forms.CharField(required=False, label="Text", max_length=200)
    event = forms.ChoiceField(required=False, label="Kind")
    actor = forms.ChoiceField(required=False, label="Who")
    action = forms.CharField(required=False, label="Action", max_length=100)
    subject = forms.CharField(required=False, label="About", max_length=200)
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Mapping[str, Any] | None, *, actors: Iterable[str]) -> None:
        super().__init__(data)
        self._choose("event", [(value, label) for value, label in EVENT_LABELS.items()])
        self._choose("actor", [(name, name) for name in actors])
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "data-filter": "", "placeholder": "AMD-42, a name"}
        )
        self.fields["action"].widget.attrs["placeholder"] = "amendments.apply"
        self.fields["subject"].widget.attrs["placeholder"] = "AMD-42"

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in MORE]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    @property
    def is_more(self) -> bool:
        """Whether one of the folded filters is in use."""
        return any(self.data.get(name) for name in MORE)

    def filters(self) -> Filters:
        """What is valid of the filters."""
        self.is_valid()
        asked = getattr(self, "cleaned_data", {})
        return Filters(
            text=asked.get("q", ""),
            event_type=asked.get("event", ""),
            actor=asked.get("actor", ""),
            action=asked.get("action", "").strip(),
            subject=asked.get("subject", "").strip(),
            since=_midnight(asked.get("since")),
            until=_midnight(asked.get("until"), days=1),
        )

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Any"), *choices]


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The start of the day (or of one `days` later) in the reader's zone; None for days at the ends of the calendar."""
    try:
        return None if day is None else timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
    except (OverflowError, ValueError):
        return None
