from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dreams.cycles.acting import FEW
from dreams.cycles.bounding import words_of
from dreams.cycles.choices import ALPHA, CANDIDATES, MOST_BUDGET, PRIMARIES, WINDOW_HOURS, Aim, Chosen
from dreams.cycles.planning import SEEDS
from dreams.cycles.wishes import NOTE_LENGTH
from dreams.mutate.dials import Dial
from dreams.verdict.observed import Metric
from governance import canonical
from governance.canonical import JSON
from governance.errors import Invalid

AIMS = {
    Metric.DURATION: _("Faster: requests take less time"),
    Metric.COST: _("Cheaper: requests cost less"),
    Metric.SUCCESS: _("More success: more requests are answered"),
    Metric.CONFIDENCE: _("Surer: the system is more confident"),
}
A_HUNDRED = 100


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        help_text=_("Stands on the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PlanForm(forms.Form):
    """A night by hand. The verb checks again."""

    system = forms.ChoiceField(label=_("System"))
    starts_at = forms.DateTimeField(
        label=_("Begins"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    hours = forms.IntegerField(
        label=_("Lasts at most, in hours"),
        min_value=WINDOW_HOURS.start,
        max_value=WINDOW_HOURS.stop - 1,
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        required=False,
        min_value=0,
        max_value=SEEDS.stop - 1,
        help_text=_(
            "The same seed on the same past draws the same changes and requests. Without one TARS takes its own."
        ),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, systems: Iterable[str], initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        chosen = self.fields["system"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(name, name) for name in systems]
        zone = timezone.get_current_timezone_name()
        self.fields["starts_at"].help_text = _("Leave it empty to begin now. Times are %(zone)s.") % {"zone": zone}

    def clean_starts_at(self) -> datetime | None:
        wanted: datetime | None = self.cleaned_data["starts_at"]
        if wanted is not None and wanted < timezone.now() - timedelta(minutes=1):
            raise forms.ValidationError(_("This lies in the past. Leave it empty to begin now."))
        return wanted


class TestForm(forms.Form):
    """One place and a value to try there. The verb checks again."""

    __test__ = False
    pointer = forms.CharField(widget=forms.HiddenInput)
    value = forms.CharField(label=_("Value to try"))
    note = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=NOTE_LENGTH,
        help_text=_("It stands beside the dream and on the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, dial: Dial) -> None:
        super().__init__(data, initial={"pointer": dial.pointer})
        self.dial = dial
        others = dial.others
        if not dial.is_ordered or len(others) <= FEW:
            choices = [(words_of(value), words_of(value)) for value in others]
            self.fields["value"] = forms.ChoiceField(label=_("Value to try"), choices=choices)
        else:
            low, high = words_of(dial.values[0]), words_of(dial.values[-1])
            self.fields["value"].widget = forms.NumberInput(attrs={"min": low, "max": high, "step": "any"})
        self.order_fields(["pointer", "value", "note"])

    def clean_value(self) -> JSON:
        said = str(self.cleaned_data["value"])
        known = next((value for value in self.dial.others if words_of(value) == said), None)
        return known if known is not None else number_of(said)


def number_of(said: str) -> JSON:
    """A number as JSON writes it. Raises `ValidationError`."""
    try:
        found = canonical.loads(said.strip())
    except Invalid:
        found = None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise forms.ValidationError(_("Type a number, such as 0.65."))
    return found


class NightsForm(forms.Form):
    """A tenant's nights. The verb checks again."""

    is_on = forms.BooleanField(label=_("TARS dreams at night"), required=False)
    window_hour = forms.TypedChoiceField(
        label=_("When nights begin"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("In the quietest hours, found from traffic")), *((n, f"{n:02}:00 UTC") for n in range(24))],
    )
    window_hours = forms.IntegerField(
        label=_("How long a night may last, in hours"),
        min_value=WINDOW_HOURS.start,
        max_value=WINDOW_HOURS.stop - 1,
        help_text=_("At its end it is judged by what was seen until then."),
    )
    budget_usd = forms.DecimalField(
        label=_("The most that one night of one system may cost, in dollars"),
        min_value=0,
        max_value=MOST_BUDGET,
        max_digits=12,
        decimal_places=6,
        help_text=_("It is set aside when the night begins, and what is left is free again when it ends."),
    )
    most_candidates = forms.IntegerField(
        label=_("Changes tried in one night, at most"),
        min_value=CANDIDATES.start,
        max_value=CANDIDATES.stop - 1,
        help_text=_(
            "The dummy, which changes nothing and shows what chance does, is one of them. More find more and need longer."
        ),
    )
    alpha = forms.DecimalField(
        label=_("Chance that a night promotes what does not deserve it, in per cent"),
        min_value=Decimal(str(ALPHA[0])) * A_HUNDRED,
        max_value=Decimal(str(ALPHA[1])) * A_HUNDRED,
        max_digits=6,
        decimal_places=4,
        help_text=_("At most so often, however often it is looked at. Less is safer and needs more requests."),
    )
    proposes = forms.BooleanField(
        label=_("TARS proposes the best one by itself"),
        required=False,
        help_text=_(
            "It is an amendment like any other: people decide, unless a standing authority covers it. Off: a person proposes it."
        ),
    )
    reason = _reason()

    @classmethod
    def of(cls, chosen: Chosen) -> NightsForm:
        """The form as things stand."""
        names = ("is_on", "window_hour", "window_hours", "budget_usd", "most_candidates", "proposes")
        initial = {name: getattr(chosen, name) for name in names}
        return cls(initial=initial | {"alpha": shown(chosen.alpha), "budget_usd": chosen.budget_usd.normalize()})

    def changes(self) -> dict[str, Any]:
        """What `settings.change` takes."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return {**said, "alpha": share(said["alpha"])}


class AimForm(forms.Form):
    """What one system's nights try to improve. The verb checks again."""

    is_on = forms.BooleanField(label=_("Dream of this system"), required=False)
    primary = forms.TypedChoiceField(
        label=_("What is to improve"),
        coerce=Metric,
        choices=[(one.value, AIMS.get(one, one.value)) for one in PRIMARIES],
        help_text=_("One thing alone. Everything else may not get worse by more than its margin."),
    )
    minimum_effect = forms.DecimalField(
        label=_("Worth a change from, in per cent"),
        min_value=0,
        max_value=A_HUNDRED,
        max_digits=6,
        decimal_places=3,
        help_text=_("A smaller gain is not promoted, however sure it is."),
    )
    planned_effect = forms.DecimalField(
        label=_("Gain that a night must be able to find, in per cent"),
        min_value=0,
        max_value=A_HUNDRED,
        max_digits=6,
        decimal_places=3,
        help_text=_(
            "Its sample is sized so that a gain of this size is found in four nights of five. A smaller one takes more requests."
        ),
    )
    reason = _reason()

    @classmethod
    def of(cls, aim: Aim) -> AimForm:
        """The form as things stand."""
        return cls(
            initial={
                "is_on": aim.is_on,
                "primary": aim.primary.value,
                "minimum_effect": shown(aim.minimum_effect),
                "planned_effect": shown(aim.planned_effect),
            }
        )

    def aim(self) -> Aim:
        """What `settings.change` takes."""
        said = self.cleaned_data
        return Aim(
            primary=said["primary"],
            planned_effect=share(said["planned_effect"]),
            minimum_effect=share(said["minimum_effect"]),
            is_on=said["is_on"],
        )


def shown(share: float) -> Decimal:
    """A share of 1 in per cent."""
    return (Decimal(str(share)) * A_HUNDRED).normalize()


def share(percent: Decimal) -> float:
    return float(percent / A_HUNDRED)
