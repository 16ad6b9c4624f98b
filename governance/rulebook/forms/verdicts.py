"""The filters of the verdicts, from the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.audit.forms import Moment
from governance.rulebook.models import OutcomeWord
from governance.rulebook.queries.verdicts import ACTS, VerdictFilter

ABOUT = [("", _("Anything")), (ACTS, _("What systems do")), ("amendments", _("Amendments"))]


class VerdictFilterForm(forms.Form):
    """What narrows the list of verdicts."""

    system = forms.ChoiceField(required=False, label=_("System"))
    action = forms.CharField(required=False, label=_("Action"), max_length=200)
    outcome = forms.ChoiceField(required=False, label=_("Outcome"), choices=[("", _("Any")), *OutcomeWord.choices])
    rule = forms.CharField(required=False, label=_("Rule in force"), max_length=400)
    session = forms.CharField(required=False, label=_("Session"), max_length=200)
    about = forms.ChoiceField(required=False, label=_("About"), choices=ABOUT)
    since = Moment(label=_("From"))
    until = Moment(label=_("To"), days=1)

    def __init__(self, data: Mapping[str, Any] | None, *, systems: Iterable[str]) -> None:
        super().__init__(data)
        field = self.fields["system"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Every system")), *((name, name) for name in systems)]
        self.fields["action"].widget.attrs.update({"list": "actions", "data-filter": ""})

    def filter(self) -> VerdictFilter:
        """What is valid of the filters."""
        self.is_valid()
        asked: dict[str, Any] = getattr(self, "cleaned_data", {})
        said: dict[str, Any] = {
            name: value.strip() if isinstance(value, str) else value for name, value in asked.items()
        }
        return VerdictFilter(**said)

    @property
    def unread(self) -> list[str]:
        """What cannot be read, each as a sentence."""
        return [f"{self[name].label}: {' '.join(map(str, said))}" for name, said in self.errors.items()]


def asked_by(filter: VerdictFilter) -> dict[str, str]:
    """The parameters that ask for the same wherever the reader is: times in UTC."""
    words = {name: getattr(filter, name) for name in ("system", "action", "outcome", "rule", "session", "about")}
    times = {name: getattr(filter, name) for name in ("since", "until") if getattr(filter, name)}
    said = {name: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" for name, at in times.items()}
    return {**{name: value for name, value in words.items() if value}, **said}
