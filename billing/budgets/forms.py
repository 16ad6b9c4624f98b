from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.budgets.amounts import text
from billing.budgets.held import HoldFilter
from billing.budgets.kinds import TYPES
from billing.budgets.models import HoldState, Measure, ResourceType, TopUpState, WindowType
from billing.budgets.queries import PlanLine
from governance.audit.forms import Moment


class HoldFilterForm(forms.Form):
    """What narrows the list of holds; without a word it shows what is held now."""

    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("Any")), *HoldState.choices, ("late", _("Held and overdue"))]
    )
    system = forms.CharField(required=False, label=_("System"), max_length=80)
    held_by = forms.CharField(required=False, label=_("Owner"), max_length=200)
    since = Moment(label=_("From"))
    until = Moment(label=_("To"), days=1)
    resource = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any]) -> None:
        asked = {name: data.get(name, "") for name in ("state", "system", "held_by", "since", "until", "resource")}
        super().__init__({**asked, "state": data.get("state", HoldState.HELD.value)})
        self.fields["system"].widget.attrs["data-filter"] = ""

    def filter(self) -> HoldFilter:
        """What is valid of the filters."""
        self.is_valid()
        said: dict[str, Any] = {key: value for key, value in getattr(self, "cleaned_data", {}).items() if value}
        is_late = said.get("state") == "late"
        return HoldFilter(
            **{**said, "state": HoldState.HELD.value if is_late else said.get("state", ""), "is_late": is_late}
        )

    @property
    def unread(self) -> list[str]:
        """What cannot be read, each as a sentence."""
        return [f"{self[name].label}: {' '.join(map(str, said))}" for name, said in self.errors.items()]


def hold_query(filter: HoldFilter) -> dict[str, str]:
    """The parameters that ask for these holds."""
    said = {"state": "late" if filter.is_late else filter.state, "system": filter.system, "held_by": filter.held_by}
    times = {name: at.isoformat() for name, at in (("since", filter.since), ("until", filter.until)) if at}
    resource = {"resource": str(filter.resource)} if filter.resource else {}
    return {"state": said.pop("state"), **{name: value for name, value in said.items() if value}, **times, **resource}


class TopUpFilterForm(forms.Form):
    """What narrows the list of top-ups."""

    state = forms.ChoiceField(required=False, label=_("State"), choices=[("", _("Any")), *TopUpState.choices])

    @property
    def asked(self) -> str:
        return self.cleaned_data["state"] if self.is_valid() else ""


class PlanForm(forms.Form):
    """What every window of one type may use."""

    resource_type = forms.ChoiceField(label=_("What"), choices=ResourceType.choices)
    window_type = forms.ChoiceField(
        label=_("In each"),
        choices=[
            (WindowType.HOURLY, _("hour")),
            (WindowType.DAILY, _("day")),
            (WindowType.WEEKLY, _("week")),
            (WindowType.MONTHLY, _("month")),
        ],
    )
    total = forms.DecimalField(
        label=_("At most"), min_value=0, help_text=_("0 means none."), max_digits=24, decimal_places=6
    )
    alert = forms.DecimalField(
        label=_("Tell people at"),
        min_value=0,
        max_value=100,
        max_digits=4,
        decimal_places=1,
        initial=80,
        help_text=_("Per cent of it that are spent or held."),
    )
    quotas = forms.CharField(
        required=False,
        label=_("Quotas of systems"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "domicile-governance: 50"}),
        help_text=_(
            "One a line: the system, a colon, at most how much. A word behind it names another type: memvid: 1000 api_calls."
        ),
        max_length=20_000,
    )

    def clean_quotas(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for line in filter(None, (line.strip() for line in self.cleaned_data["quotas"].splitlines())):
            name, _colon, rest = line.rpartition(":")
            words = rest.split()
            kind = words[1] if len(words) == 2 else self.data.get("resource_type", "")
            if not name.strip() or len(words) not in (1, 2) or kind not in TYPES or not _is_amount(words[0]):
                raise forms.ValidationError(_("This line cannot be read: %(line)s"), params={"line": line[:80]})
            found.setdefault(name.strip(), {})[kind] = words[0].replace(",", "")
        return found

    @property
    def wish(self) -> dict[str, Any]:
        """What `set_plan` takes."""
        asked = self.cleaned_data
        return {
            "resource_type": asked["resource_type"],
            "window_type": asked["window_type"],
            "total": asked["total"],
            "alert_threshold": asked["alert"] / 100,
            "system_quotas": asked["quotas"],
        }


def plan_initial(line: PlanLine) -> dict[str, Any]:
    """A plan in force, as its form shows it."""
    lines = [
        f"{name}: {most}" + ("" if kind == line.type else f" {kind}")
        for name, limits in sorted(line.system_quotas.items())
        for kind, most in sorted(limits.items())
    ]
    return {
        "resource_type": line.type,
        "window_type": line.window,
        "total": text(line.total) if line.is_limit else "",
        "alert": text(line.alert_threshold * 100),
        "quotas": "\n".join(lines),
    }


class PriceForm(forms.Form):
    """What one unit costs from a moment on."""

    measure = forms.ChoiceField(label=_("One unit of"), choices=Measure.choices)
    model = forms.CharField(
        required=False, label=_("Model"), max_length=200, help_text=_("Empty: every model without a price of its own.")
    )
    usd = forms.DecimalField(
        label=_("Dollars"),
        min_value=0,
        max_digits=24,
        decimal_places=12,
        help_text=_("For one unit: 3 USD for a million tokens are 0.000003. 0 says that it is free."),
    )
    from_at = Moment(
        label=_("From"),
        help_text=_("Empty: from now on. What was set aside before is charged at the price of then."),
    )


class AskForm(forms.Form):
    """More for one running window."""

    amount = forms.DecimalField(label=_("How much more"), max_digits=24, decimal_places=6)
    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class AsOfForm(forms.Form):
    """When the prices are looked at."""

    as_of = Moment(label=_("As of"))

    def at(self, otherwise: datetime) -> datetime:
        return (self.cleaned_data["as_of"] or otherwise) if self.is_valid() else otherwise


def _is_amount(word: str) -> bool:
    try:
        return Decimal(word.replace(",", "")).is_finite()
    except InvalidOperation:
        return False


def uuid_of(word: str) -> UUID | None:
    """A cursor of the address; None where it is none."""
    try:
        return UUID(word)
    except ValueError:
        return None
