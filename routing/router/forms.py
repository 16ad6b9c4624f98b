from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from routing.router.actions import LONGEST, MOST_ALTERNATIVES, Wish
from routing.router.choosing import TEXT_LENGTH
from routing.router.queries import RuleLine

_PLACES = (
    _("First alternative"),
    _("Second alternative"),
    _("Third alternative"),
    _("Fourth alternative"),
    _("Fifth alternative"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An alternative's field; from the second on it can be moved up."""

    field: forms.BoundField
    number: int
    is_folded: bool

    @property
    def is_movable(self) -> bool:
        return self.number > 1 and bool(self.field.value())


def moved_up(typed: Mapping[str, str], number: str) -> dict[str, str]:
    """What was typed, with alternative `number` and the one before it exchanged."""
    said = dict(typed)
    if number in {str(place) for place in range(2, MOST_ALTERNATIVES + 1)}:
        here, before = f"alternative_{number}", f"alternative_{int(number) - 1}"
        said[here], said[before] = said.get(before, ""), said.get(here, "")
    return said


class RuleForm(forms.Form):
    """Where requests like this go. Each alternative is a field of its own with a button that moves it up, so that the order needs
    no dragging and no script. `typed` is what stood in the form when such a button was pressed. The verb checks again."""

    pattern = forms.CharField(
        label=_("Requests like"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A request as somebody would type it, such as Process payroll PDFs."),
    )
    system = forms.ChoiceField(label=_("Go to"))
    action = forms.CharField(
        label=_("And ask it to do"),
        max_length=200,
        required=False,
        help_text=_("An action such as audit. Empty: by the request's own words."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    confidence = forms.DecimalField(
        label=_("How sure this rule is"),
        max_digits=5,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        max_value=1,
        initial=Decimal(1),
        help_text=_("From 0 to 1. How alike a request is, is multiplied by it."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        names: Sequence[str],
        line: RuleLine | None = None,
        typed: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=typed or (_initial(line) if line else None))
        choices = [("", _("Choose a system")), *((name, name) for name in names)]
        self.fields["system"].choices = choices  # type: ignore[attr-defined]
        for number, label in enumerate(_PLACES[:MOST_ALTERNATIVES], start=1):
            field = forms.ChoiceField(label=label, required=False, choices=[("", _("None")), *choices[1:]])
            self.fields[f"alternative_{number}"] = field
        order = ("pattern", "system", *(f"alternative_{n}" for n in range(1, MOST_ALTERNATIVES + 1)), "action")
        self.order_fields((*order, "confidence"))

    @property
    def places(self) -> list[Place]:
        """The alternatives in order; those after the first empty one are folded away."""
        fields = [self[f"alternative_{number}"] for number in range(1, MOST_ALTERNATIVES + 1)]
        last = max((number for number, field in enumerate(fields, start=1) if field.value()), default=0)
        return [Place(field, number, number > last + 1) for number, field in enumerate(fields, start=1)]

    @property
    def wish(self) -> Wish:
        """What the valid form says; gaps between alternatives close up."""
        said = self.cleaned_data
        places = (said[f"alternative_{number}"] for number in range(1, MOST_ALTERNATIVES + 1))
        return Wish(
            pattern=said["pattern"],
            system=said["system"],
            alternatives=tuple(name for name in places if name),
            action=said["action"],
            confidence=said["confidence"],
        )


class AskForm(forms.Form):
    """A request to find the agent for."""

    text = forms.CharField(
        label=_("What is to be done"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence, such as Audit payroll compliance."),
    )
    system = forms.ChoiceField(label=_("Who must do it"), required=False)
    action = forms.CharField(
        label=_("As which action"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, names: Sequence[str], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        choices = [("", _("Whoever fits best")), *((name, name) for name in names)]
        self.fields["system"].choices = choices  # type: ignore[attr-defined]


def _initial(line: RuleLine) -> dict[str, Any]:
    places = {f"alternative_{number}": name for number, name in enumerate(line.alternatives, start=1)}
    known = {
        "pattern": line.pattern,
        "system": line.system,
        "action": line.action,
        "confidence": f"{line.confidence.normalize():f}",
    }
    return {**known, **places}
