from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.audit.forms import Folding, Moment
from routing.telemetry.queries import RANGES, USUAL, CallFilter

RANGE_LABELS = {"1h": _("Last hour"), "24h": _("Last 24 hours"), "7d": _("Last 7 days"), "30d": _("Last 30 days")}


class CallFilterForm(Folding):
    """What narrows the list of calls. A stated beginning or end replaces the range."""

    MORE = ("source", "execution", "since", "until")

    range = forms.ChoiceField(required=False, label=_("When"), choices=list(RANGE_LABELS.items()))
    server = forms.CharField(required=False, label=_("Server"), max_length=200)
    tool = forms.CharField(required=False, label=_("Tool"), max_length=200)
    outcome = forms.ChoiceField(
        required=False,
        label=_("Outcome"),
        choices=[("", _("Any")), ("ok", _("Succeeded")), ("failed", _("Failed")), ("unknown", _("Unknown"))],
    )
    source = forms.ChoiceField(
        required=False,
        label=_("Seen by"),
        choices=[("", _("Anybody")), ("seen", _("TARS itself")), ("reported", _("Reported by an agent"))],
    )
    execution = forms.CharField(required=False, label=_("Execution"), max_length=40)
    since = Moment(label=_("From"))
    until = Moment(label=_("To"), days=1)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({**dict(data.items()), "range": data.get("range") or USUAL})
        self.fields["tool"].widget.attrs["data-filter"] = ""

    def clean_execution(self) -> str:
        text = self.cleaned_data["execution"].strip()
        try:
            return str(UUID(text)) if text else ""
        except ValueError:
            raise forms.ValidationError(_("That is no id of an execution.")) from None

    def filter(self, *, at: datetime) -> CallFilter:
        """What is valid of the filters. One execution's calls are wanted whenever they were."""
        self.is_valid()
        asked: dict[str, Any] = getattr(self, "cleaned_data", {})
        said: dict[str, Any] = {
            name: value.strip() if isinstance(value, str) else value for name, value in asked.items() if value
        }
        range = said.pop("range", USUAL)
        if not ({"since", "until", "execution"} & set(said)):
            said["since"] = at - RANGES[range][1]
        return CallFilter(**said)

    @property
    def unread(self) -> list[str]:
        """What cannot be read, each as a sentence."""
        return [f"{self[name].label}: {' '.join(map(str, said))}" for name, said in self.errors.items()]


def asked_by(filter: CallFilter) -> dict[str, str]:
    """The parameters that ask for the same at any time and wherever the reader is."""
    words = {name: getattr(filter, name) for name in ("server", "tool", "outcome", "source", "execution")}
    times = {name: getattr(filter, name) for name in ("since", "until") if getattr(filter, name)}
    said = {name: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" for name, at in times.items()}
    return {**{name: value for name, value in words.items() if value}, **said}
