from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from dreams.elicitation.scenario import ASKS, OWN, Content, Kind, Preference, Scenario

VERDICTS = (("", _("Not asked")), ("permit", _("Permit")), ("require_approval", _("Ask")), ("deny", _("Deny")))
CIRCUMSTANCES = (
    ("ordinary", _("Nothing out of the ordinary")),
    ("stopped", _("During an e-stop")),
    ("hold", _("While it is held")),
    ("recovery", _("While it recovers")),
    ("degraded", _("While it is degraded")),
)
ASKERS = (("system", _("The system itself")), ("person", _("A person")), ("tars", _("TARS")))
PREFERENCES = (
    (Preference.LEFT.value, _("The left one")),
    (Preference.RIGHT.value, _("The right one")),
    (Preference.NEITHER.value, _("Neither")),
)
_ACTION = _(
    "%(own)s: its first capability that acts and needs no approval; %(asks)s: the first action that needs it."
) % {
    "own": OWN,
    "asks": ASKS,
}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class _ItemForm(forms.Form):
    """What a scenario and a pair have in common. The verb checks again."""

    title = forms.CharField(label=_("Title"), max_length=120)

    def _finish(self, systems: Sequence[str], *, is_new: bool) -> None:
        every = [("", _("Every system")), *((name, name) for name in systems)]
        self.fields["system"] = forms.ChoiceField(label=_("Asked of"), required=False, choices=every)
        if not is_new:
            self.fields["is_active"] = forms.BooleanField(label=_("It is asked"), required=False, initial=True)
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), max_length=1_000, help_text=_("Stands on the ledger."), widget=_area(2)
        )

    def clean_facts(self) -> dict[str, Any]:
        """Facts as typed: a JSON object, or nothing."""
        text = self.cleaned_data["facts"].strip()
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write a JSON object, such as {“amount”: 500}."))
        return found

    def key(self) -> str:
        """A new one's key, of its title."""
        return slugify(self.cleaned_data["title"])[:80].strip("-").replace("_", "-") or "scenario"


class ScenarioForm(_ItemForm):
    """A situation and the response that is expected."""

    domain = forms.CharField(label=_("Domain"), max_length=40, help_text=_("Payroll, voice, routing, …"))
    principle = forms.CharField(
        label=_("Principle"), max_length=120, help_text=_("What it tests; the same words in several domains.")
    )
    text = forms.CharField(label=_("Request"), max_length=2_000, required=False, widget=_area(2))
    action = forms.CharField(label=_("Action"), max_length=200, help_text=_ACTION)
    facts = forms.CharField(label=_("Facts, as a JSON object"), required=False, widget=_area(2))
    circumstance = forms.ChoiceField(label=_("When"), choices=CIRCUMSTANCES)
    asked_by = forms.ChoiceField(label=_("Who acts"), choices=ASKERS)
    expected = forms.ChoiceField(label=_("Verdict that is expected"), choices=VERDICTS, required=False)
    has = forms.CharField(label=_("Its answer contains, one a line"), required=False, widget=_area(2))
    lacks = forms.CharField(label=_("Its answer does not contain"), required=False, widget=_area(2))

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, content: Content | None, systems: Sequence[str]
    ) -> None:
        super().__init__(data, initial=_typed(content))
        nobody = [("", _("Not asked")), *((name, name) for name in systems)]
        self.fields["expected_system"] = forms.ChoiceField(
            label=_("System that should get it"), choices=nobody, required=False
        )
        self._finish(systems, is_new=content is None)

    def content(self) -> dict[str, Any]:
        """What was typed, as the verb takes it."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in ("reason", "is_active")}
        lines = {name: [one.strip() for one in said[name].splitlines() if one.strip()] for name in ("has", "lacks")}
        return {**said, **lines}


class PairForm(_ItemForm):
    """Two responses to one situation."""

    dimension = forms.CharField(label=_("Values"), max_length=120, help_text=_("Such as: compliance before speed."))
    text = forms.CharField(label=_("Situation"), max_length=2_000, required=False, widget=_area(2))
    left_label = forms.CharField(label=_("Left response"), max_length=120)
    left_action = forms.CharField(label=_("Its action"), max_length=200, help_text=_ACTION)
    right_label = forms.CharField(label=_("Right response"), max_length=120)
    right_action = forms.CharField(label=_("Its action"), max_length=200)
    expected = forms.ChoiceField(label=_("Which is right"), choices=PREFERENCES)
    facts = forms.CharField(label=_("Facts, as a JSON object"), required=False, widget=_area(2))

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, content: Content | None, systems: Sequence[str]
    ) -> None:
        super().__init__(data, initial=_typed(content))
        self._finish(systems, is_new=content is None)

    def content(self) -> dict[str, Any]:
        """What was typed, as the verb takes it."""
        said = self.cleaned_data
        sides = {side: {"label": said[f"{side}_label"], "action": said[f"{side}_action"]} for side in ("left", "right")}
        return {**{name: said[name] for name in ("title", "dimension", "text", "expected", "facts", "system")}, **sides}


FORMS: Mapping[Kind, type[ScenarioForm] | type[PairForm]] = {Kind.SCENARIO: ScenarioForm, Kind.PAIR: PairForm}


def _typed(content: Content | None) -> dict[str, Any]:
    if content is None:
        return {}
    said = content.as_json()
    said["facts"] = json.dumps(said["facts"], indent=2, ensure_ascii=False) if said["facts"] else ""
    if isinstance(content, Scenario):
        return {**said, "has": "\n".join(content.has), "lacks": "\n".join(content.lacks)}
    sides = {f"{side}_{name}": said[side][name] for side in ("left", "right") for name in ("label", "action")}
    return {**said, **sides}
