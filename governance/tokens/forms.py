"""What people choose when they issue a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.scope import AGENT_CAPABILITIES, Capability

WORDS: Final = {
    Capability.READ_RECORD: _("Read the record"),
    Capability.VERIFY: _("Verify the ledger"),
    Capability.ASK: _("Ask whether an action may happen"),
    Capability.PROPOSE: _("Propose amendments"),
    Capability.DECIDE: _("Decide, with a confirmation of the person each time"),
    Capability.ROLL_BACK: _("Roll back, with a confirmation of the person each time"),
    Capability.MANAGE_SYSTEMS: _("Register systems and their dependencies"),
    Capability.MANAGE_PEOPLE: _("Add people and set their roles"),
    Capability.GRANT_AUTHORITY: _("Grant standing authorities"),
    Capability.FIX_DATA: _("Mend data"),
    Capability.MANAGE_PROGRAMS: _("Manage tokens, webhooks and jobs"),
    Capability.MANAGE_TENANT: _("Manage the tenant"),
    Capability.STOP: _("Press the e-stop"),
    Capability.LIFT_STOP: _("Lift an e-stop that somebody else pressed"),
    Capability.SET_DRIFT: _("Set the drift state of a system"),
    Capability.REQUEST: _("Hand in requests"),
    Capability.SPEND: _("Set money aside and settle it"),
    Capability.REPORT: _("Report tool calls and what they used"),
    Capability.ROUTE: _("Write routing rules"),
    Capability.APPROVE_TOOLS: _("Approve tools that changed"),
    Capability.MANAGE_BUDGETS: _("Set budgets and prices"),
    Capability.RESTORE: _("Bring back what was archived"),
    Capability.RETAIN: _("Set retention and legal holds, destroy what is due"),
}
DAYS: Final = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("365 days")))


class IssueForm(forms.Form):
    """For whom, what it may do, and until when. The verb checks again."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it will be used, so that it can be found again.")
    )
    system = forms.ChoiceField(label=_("Speaks for"), required=False)
    scopes = forms.MultipleChoiceField(label=_("May"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("Ends after"), coerce=int, choices=DAYS, initial=90)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, held: Iterable[Capability], systems: Iterable[str]
    ) -> None:
        super().__init__(data, initial={"scopes": [Capability.READ_RECORD.value]})
        scopes, system = self.fields["scopes"], self.fields["system"]
        assert isinstance(scopes, forms.MultipleChoiceField) and isinstance(system, forms.ChoiceField)
        scopes.choices = [(one.value, WORDS[one]) for one in held]
        names = list(systems)
        system.choices = [("", _("Me")), *((name, name) for name in names)]
        if names:
            agent = ", ".join(str(WORDS[one]).lower() for one in Capability if one in AGENT_CAPABILITIES)
            scopes.help_text = _("A system's token may only: %(list)s. You answer for what it does.") % {"list": agent}
        else:
            del self.fields["system"]
