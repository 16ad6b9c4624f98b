"""The filters of the ledger page, from the URL. An unknown value is ignored on the page and refused by the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from governance.audit.filters import OUTCOMES, Filters
from governance.audit.queries import EVENT_LABELS

_DAY = len("2026-09-01")


class Moment(forms.CharField):
    """A day or a minute in the reader's zone, or a moment with an offset, which means the same everywhere.

    A day stands for its beginning, or for its end where `days` is 1. A day has a date picker, a minute one of its own, and a
    moment with an offset stays plain text.
    """

    def __init__(self, *, days: int = 0, **options: Any) -> None:
        super().__init__(required=False, max_length=40, **options)
        self.days = days
        self.widget.attrs.setdefault("placeholder", "YYYY-MM-DD")

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        return moment_of(text, days=self.days) if text else None


class Folding(forms.Form):
    """Filters of which the page folds some away until they are used."""

    MORE: ClassVar[tuple[str, ...]] = ()
    """Those in the fold."""

    @property
    def first(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.MORE]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    @property
    def is_more(self) -> bool:
        return any(self.data.get(name) for name in self.MORE)


class FilterForm(Folding):
    """What narrows the ledger."""

    MORE = ("action", "subject", "since", "until")

    q = forms.CharField(required=False, label=_("Text"), max_length=200)
    event = forms.ChoiceField(required=False, label=_("Kind"))
    actor = forms.ChoiceField(required=False, label=_("Who"))
    outcome = forms.ChoiceField(required=False, label=_("Outcome"))
    action = forms.CharField(required=False, label=_("Action"), max_length=400)
    subject = forms.CharField(required=False, label=_("About"), max_length=200)
    since = Moment(label=_("From"))
    until = Moment(label=_("To"), days=1)

    def __init__(self, data: Mapping[str, Any] | None, *, actors: Iterable[str]) -> None:
        super().__init__(data)
        self._choose("event", list(EVENT_LABELS.items()))
        self._choose("actor", [(name, name) for name in actors])
        self._choose("outcome", list(OUTCOMES.items()))
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "data-filter": "", "placeholder": "AMD-42, a name"}
        )
        self.fields["action"].widget.attrs.update(placeholder="amendments.apply", list="actions")
        self.fields["subject"].widget.attrs["placeholder"] = "AMD-42"
        for name in ("since", "until"):
            self.fields[name].widget = forms.TextInput(attrs={"type": _control(str(self.data.get(name, "")))})

    def filters(self) -> Filters:
        """What is valid of the filters."""
        self.is_valid()
        asked = getattr(self, "cleaned_data", {})
        return Filters(
            text=asked.get("q", ""),
            event_type=asked.get("event", ""),
            actor=asked.get("actor", ""),
            outcome=asked.get("outcome", ""),
            action=asked.get("action", "").strip(),
            subject=asked.get("subject", "").strip(),
            since=asked.get("since"),
            until=asked.get("until"),
        )

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Any"), *choices]


def asked_by(filters: Filters) -> dict[str, str]:
    """The parameters that ask for these filters wherever the reader is: times in UTC."""
    names = {"text": "q", "event_type": "event"}
    return {names.get(name, name): str(value) for name, value in filters.as_json().items()}


def moment_of(text: str, *, days: int = 0) -> datetime | None:
    """The moment a text means to the reader; raises `ValidationError` for a text that means none.

    None for days at the ends of the calendar, which narrow nothing.
    """
    try:
        day, found = (parse_date(text), None) if len(text) <= _DAY else (None, parse_datetime(text))
    except ValueError:
        day = found = None
    if day is not None:
        return _midnight(day, days=days)
    if found is None:
        raise forms.ValidationError(f"{text} is no day, such as 2026-09-01, and no time, such as 2026-09-01T14:30Z.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _control(text: str) -> str:
    if len(text) <= _DAY:
        return "date"
    return "datetime-local" if "T" in text and not text.endswith("Z") and "+" not in text else "text"


def _midnight(day: date, *, days: int) -> datetime | None:
    """The start of the day (or of one `days` later) in the reader's zone; None for days at the ends of the calendar."""
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
    except (OverflowError, ValueError):
        return None
