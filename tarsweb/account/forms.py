from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _


def _zones() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Every zone by region, UTC first; the aliases without a region stay out."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in {"Etc", "SystemV", "US"}:
            regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [("UTC", "UTC"), *regions.items()]


class ProfileForm(forms.Form):
    """Name and time zone of the person."""

    name = forms.CharField(
        max_length=120,
        help_text=_("As colleagues read it beside your decisions."),
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        choices=_zones,
        help_text=_("Every page shows times in this zone; point at one to see UTC. The record keeps UTC."),
    )
