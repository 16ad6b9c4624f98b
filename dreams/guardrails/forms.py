from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dreams.guardrails.queries import LABELS
from dreams.guardrails.settings import Chosen
from dreams.guardrails.triggers import DAYS, LEAST, MARGINS, Reaction, Rule, Trigger

_REACTIONS = (
    (Reaction.WARN.value, _("Tell people")),
    (Reaction.PAUSE.value, _("TARS leaves the system alone")),
    (Reaction.ROLL_BACK.value, _("Roll the amendment back")),
    ("off", _("Do not watch this")),
)
_UNITS = {
    Trigger.SUCCESS: (100, _("Worse by, in per cent points")),
    Trigger.SATISFACTION: (100, _("More of them by, in per cent points")),
    Trigger.COST: (100, _("Dearer by, in per cent")),
}


class SettingsForm(forms.Form):
    """How amendments are watched. The verb checks again."""

    days = forms.IntegerField(
        label=_("Days that an amendment is watched"), min_value=DAYS.start, max_value=DAYS.stop - 1
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        help_text=_("Stands on the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, chosen: Chosen) -> None:
        super().__init__(data, initial={"days": chosen.days})
        for rule in chosen.rules:
            self._add(rule)
        self.order_fields(["days", *(name for name in self.fields if name not in ("days", "reason")), "reason"])

    def _add(self, rule: Rule) -> None:
        name = rule.trigger.value
        self.fields[f"{name}_reaction"] = forms.ChoiceField(
            label=_("What follows"),
            choices=_REACTIONS,
            initial=rule.reaction.value if rule.is_on else "off",
        )
        if rule.trigger in _UNITS:
            unit, label = _UNITS[rule.trigger]
            low, high = MARGINS[rule.trigger]
            self.fields[f"{name}_margin"] = forms.DecimalField(
                label=label, min_value=low * unit, max_value=high * unit, initial=round(rule.margin * unit, 4)
            )
        self.fields[f"{name}_least"] = forms.IntegerField(
            label=_("At least so many"), min_value=LEAST.start, max_value=LEAST.stop - 1, initial=rule.least
        )

    def rules(self) -> dict[Trigger, Rule]:
        """What was typed; a trigger that is off keeps its reaction as the gentlest."""
        said = self.cleaned_data
        found = {}
        for trigger in Trigger:
            name, unit = trigger.value, _UNITS.get(trigger, (1, ""))[0]
            reaction = said[f"{name}_reaction"]
            margin = float(said[f"{name}_margin"]) / unit if trigger in _UNITS else 0.0
            word = Reaction.WARN if reaction == "off" else Reaction(reaction)
            found[trigger] = Rule(trigger, word, margin, said[f"{name}_least"], is_on=reaction != "off")
        return found

    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields of each trigger under its name."""
        return [
            (LABELS[one], [self[name] for name in self.fields if name.startswith(f"{one.value}_")]) for one in Trigger
        ]
