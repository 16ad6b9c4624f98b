from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.audit.forms import Folding, Moment
from routing.executions.models import STAGES, STATUSES
from routing.executions.queries import OPEN, Filter
from routing.executions.stages import Stage

DAYS: Final = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30), "90": timedelta(days=90)}
CHANNELS: Final = (("page", _("Ask page")), ("api", _("API, command line or agent")))


class _Tick(forms.BooleanField):
    """A box whose address says `=true`, as the API's does."""

    widget = forms.CheckboxInput(attrs={"value": "true"})


class FilterForm(Folding):
    """What narrows the list of executions. What cannot be read is ignored here, and refused where a file is asked for."""

    MORE = ("who", "channel", "rating", "since", "until", "disputed", "mine")

    q = forms.CharField(required=False, label=_("Text"), max_length=200)
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("Any")),
            (_("Under way"), [(OPEN, _("All under way")), *STAGES[:-1]]),
            (_("Ended"), [(Stage.DONE.value, _("All ended")), *STATUSES]),
        ],
    )
    system = forms.ChoiceField(required=False, label=_("System"))
    days = forms.ChoiceField(
        required=False,
        label=_("When"),
        choices=[
            ("", _("Any time")),
            ("1", _("Last 24 hours")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            ("90", _("Last 90 days")),
        ],
    )
    waiting = _Tick(required=False, label=_("Waiting for me"))
    who = forms.CharField(required=False, label=_("Who asked"), max_length=200)
    channel = forms.ChoiceField(required=False, label=_("Came through"), choices=[("", _("Anything")), *CHANNELS])
    rating = forms.ChoiceField(
        required=False,
        label=_("Rating"),
        choices=[
            ("", _("Any")),
            ("good", _("4 or 5 stars")),
            ("middling", _("3 stars")),
            ("poor", _("1 or 2 stars")),
            ("none", _("Not rated")),
        ],
    )
    since = Moment(label=_("From"))
    until = Moment(label=_("To"), days=1)
    disputed = _Tick(required=False, label=_("Disputed"))
    mine = _Tick(required=False, label=_("Asked by me"))

    def __init__(self, data: Mapping[str, Any], *, names: Sequence[str]) -> None:
        super().__init__(data)
        choices = [("", _("Every system")), *((name, name) for name in names)]
        self.fields["system"].choices = choices  # type: ignore[attr-defined]
        self.fields["q"].widget.attrs["data-filter"] = ""

    @property
    def asked(self) -> dict[str, Any]:
        """What is valid of the filters, and not empty."""
        self.is_valid()
        found: dict[str, Any] = getattr(self, "cleaned_data", {})
        return {name: value for name, value in found.items() if value}


def filter_of(asked: Mapping[str, Any], *, at: datetime, waiting: frozenset[Any] | None = None) -> Filter:
    """The filter that valid words ask for. `waiting`: the executions that wait for the reader, where that was asked."""
    days = DAYS.get(str(asked.get("days", "")))
    return Filter(
        text=asked.get("q", ""),
        system=asked.get("system", ""),
        state=asked.get("state", ""),
        mine=bool(asked.get("mine")),
        who=asked.get("who", ""),
        channel=asked.get("channel", ""),
        rating=asked.get("rating", ""),
        disputed=bool(asked.get("disputed")),
        since=asked.get("since") or (at - days if days else None),
        until=asked.get("until"),
        among=waiting if asked.get("waiting") else None,
    )
