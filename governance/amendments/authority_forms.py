"""What people type to say who may approve: a standing authority, a quorum, a deputy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.amendments.kinds import AmendmentType
from governance.constitution.diff import Effect
from governance.identity.models import Membership
from governance.scope import CAPABILITIES, Capability, Role

ROWS = (1, 2, 3)
DECIDERS = tuple(role for role in Role if Capability.DECIDE in CAPABILITIES[role])
_LARGEST_WEEK = 1000


def day_starts(day: date) -> datetime:
    """The first moment of a day in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_ends(day: date) -> datetime:
    """The last second of a day in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _not_past(day: date) -> date:
    if day < timezone.localdate():
        raise forms.ValidationError("Choose today or a later day.")
    return day


class GrantForm(forms.Form):
    """Which fields of which systems TARS may move alone, how far, how often, until when and why."""

    systems = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    everywhere = forms.BooleanField(required=False, label=_("Every system, also those registered later"))
    max_per_week = forms.IntegerField(
        label=_("Promotions in seven days"),
        min_value=1,
        max_value=_LARGEST_WEEK,
        help_text=_("The most that TARS may approve alone in this tenant while using this authority."),
    )
    expires = _day("Until the end of")
    reason = forms.CharField(
        max_length=2000,
        help_text=_("It stands on the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, systems: Iterable[str]) -> None:
        initial = {"max_per_week": 2, "expires": timezone.localdate() + timedelta(days=30)}
        super().__init__(data, auto_id="grant-%s", initial=initial)
        chosen = self.fields["systems"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = [(name, name) for name in systems]
        self.fields["expires"].help_text = f"Days are those of {timezone.get_current_timezone_name()}."
        for row in ROWS:
            self._add_row(row)

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows of a pointer and its largest step."""
        return [(self[f"pointer_{row}"], self[f"step_{row}"]) for row in ROWS]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in ("max_per_week", "expires", "reason")]

    def pointers(self) -> dict[str, float | None]:
        """The fields with their largest steps; None is a text with listed variants."""
        data = self.cleaned_data
        return {data[f"pointer_{row}"]: data[f"step_{row}"] for row in ROWS if data[f"pointer_{row}"]}

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("everywhere") and not data.get("systems") and "systems" not in self.errors:
            self.add_error("systems", "Tick the systems TARS may move alone, or every system.")
        if data.get("everywhere") and data.get("systems"):
            self.add_error("everywhere", "Tick either some systems or every system.")
        named = [data.get(f"pointer_{row}") for row in ROWS]
        for row in ROWS:
            if data.get(f"step_{row}") is not None and not data.get(f"pointer_{row}"):
                self.add_error(f"pointer_{row}", "Name the field this step is for.")
            elif named[row - 1] and named[row - 1] in named[: row - 1]:
                self.add_error(f"pointer_{row}", "This field is named above already.")
        return data

    def _add_row(self, row: int) -> None:
        self.fields[f"pointer_{row}"] = forms.CharField(
            label=_("Field"),
            required=row == 1,
            max_length=500,
            widget=forms.TextInput(attrs={"list": "grant-pointers", "placeholder": "/", "autocomplete": "off"}),
        )
        self.fields[f"step_{row}"] = forms.FloatField(
            label=_("Largest step"), required=False, widget=forms.NumberInput(attrs={"step": "any"})
        )


class QuorumForm(forms.Form):
    """How many people of a role the tenant wants for a type and an effect."""

    type = forms.TypedChoiceField(coerce=AmendmentType, choices=[(type.value, type.label) for type in AmendmentType])
    effect = forms.TypedChoiceField(
        required=False,
        coerce=Effect,
        empty_value=None,
        choices=[("", "Any effect"), *((effect.value, effect.value.capitalize()) for effect in Effect)],
    )
    role = forms.TypedChoiceField(coerce=Role, choices=[(role.value, role.label) for role in DECIDERS])
    count = forms.IntegerField(label=_("People"), min_value=1, max_value=9, initial=2)

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="quorum-%s")


class DeputyForm(forms.Form):
    """Who stands in for whom, in which role, on which days (both included)."""

    principal = forms.ChoiceField(label=_("For"))
    deputy = forms.ChoiceField(label=_("Deputy"))
    role = forms.TypedChoiceField(coerce=Role, choices=[(role.value, role.label) for role in DECIDERS])
    starts = _day("From")
    ends = _day("Until the end of")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, principals: Iterable[Membership], deputies: Iterable[Membership]
    ) -> None:
        super().__init__(data, auto_id="deputy-%s", initial={"starts": timezone.localdate()})
        principals = list(principals)
        self._choose("principal", principals)
        self._choose("deputy", deputies)
        held = {role for member in principals for role in member.roles}
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(role.value, role.label) for role in DECIDERS if role.value in held]
        self.fields["ends"].help_text = f"Days are those of {timezone.get_current_timezone_name()}."

    def clean_starts(self) -> date:
        return _not_past(self.cleaned_data["starts"])

    def clean_ends(self) -> date:
        return _not_past(self.cleaned_data["ends"])

    def _choose(self, name: str, people: Iterable[Membership]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(member.user_id), str(member.user)) for member in people]
