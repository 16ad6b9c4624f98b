"""The filters of the rules, of the cases and of the sessions, from the address. An unknown value narrows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.rulebook.models import OutcomeWord
from governance.rulebook.queries.cases import CaseFilter
from governance.rulebook.queries.rules import MODALITIES, RuleFilter, precedences

SEARCH: Final = {"type": "search", "data-filter": ""}


class _Narrowing(forms.Form):
    """A form whose faults are no fault: what cannot be read is left out."""

    def said(self) -> dict[str, Any]:
        self.is_valid()
        asked: dict[str, Any] = getattr(self, "cleaned_data", {})
        return {name: value.strip() if isinstance(value, str) else value for name, value in asked.items()}

    def choose(self, name: str, any_label: Any, values: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", any_label), *values]


class RuleFilterForm(_Narrowing):
    """What narrows the list of rules."""

    q = forms.CharField(required=False, label=_("Words"), max_length=200, widget=forms.TextInput(attrs=SEARCH))
    system = forms.ChoiceField(required=False, label=_("Rules of"))
    document = forms.ChoiceField(required=False, label=_("Document"))
    precedence = forms.ChoiceField(required=False, label=_("Class"))
    modality = forms.ChoiceField(required=False, label=_("Says"))
    action = forms.CharField(required=False, label=_("About the action"), max_length=200)

    def __init__(self, data: Mapping[str, Any] | None, *, systems: Iterable[str], documents: Iterable[str]) -> None:
        super().__init__(data)
        self.choose("system", _("Law and assets"), [(name, name) for name in systems])
        self.choose("document", _("Every document"), [(name, name) for name in documents])
        self.choose("precedence", _("Every class"), [(name, name) for name in precedences()])
        self.choose("modality", _("Anything"), list(MODALITIES.items()))
        self.fields["action"].widget.attrs["list"] = "actions"

    def filter(self) -> RuleFilter:
        return RuleFilter(**self.said())


class SessionFilterForm(_Narrowing):
    """What narrows the list of sessions."""

    q = forms.CharField(required=False, label=_("Name or words"), max_length=200, widget=forms.TextInput(attrs=SEARCH))

    def text(self) -> str:
        found: str = self.said().get("q", "")
        return found


class CaseFilterForm(_Narrowing):
    """What narrows the list of cases."""

    q = forms.CharField(required=False, label=_("Words"), max_length=200, widget=forms.TextInput(attrs=SEARCH))
    system = forms.ChoiceField(required=False, label=_("System"))
    expected = forms.ChoiceField(required=False, label=_("Must be"))
    state = forms.ChoiceField(required=False, label=_("Now"))
    is_retired = forms.BooleanField(required=False, label=_("Retired ones"))

    def __init__(self, data: Mapping[str, Any] | None, *, systems: Iterable[str]) -> None:
        super().__init__(data)
        self.choose("system", _("Every system"), [(name, name) for name in systems])
        self.choose("expected", _("Any outcome"), OutcomeWord.choices)
        self.choose("state", _("Passing or not"), [("pass", _("Passes")), ("fail", _("Fails"))])

    def filter(self) -> CaseFilter:
        return CaseFilter(**self.said())
