"""What people type: the list's filters and a proposal with its evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance import canonical
from governance.amendments import attachments
from governance.amendments.evidence import BASIS_ITEMS, ITEMS, Item
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.queries.lists import GROUPS, Filters
from governance.constitution.diff import Effect
from governance.errors import Invalid

HUMAN_TYPES = tuple(type for type in AmendmentType if type is not AmendmentType.DREAM_PROMOTION)
PREFIX = "evidence-"
_LONG = {"reason", "deployment_plan"}
_DATES = {"effective_date", "deployment_date"}
_PROBLEMS = 5
_ASK = {
    AmendmentType.MANUAL_UPDATE: "Change fields or values by hand.",
    AmendmentType.GOVERNANCE_TIGHTENING: "Narrow what the system may do; may not expand anything.",
    AmendmentType.CAPABILITY_EXPANSION: "Add a capability.",
}


class FilterForm(forms.Form):
    """The filters of the list, from the URL. An unknown value is ignored on the page and refused by the API."""

    q = forms.CharField(required=False, label=_("Text"), max_length=200)
    state = forms.ChoiceField(required=False)
    type = forms.ChoiceField(required=False)
    system = forms.ChoiceField(required=False)
    effect = forms.ChoiceField(required=False)
    mine = forms.BooleanField(required=False, label=_("Proposed by me"))

    def __init__(self, data: Mapping[str, Any] | None, *, systems: Iterable[str]) -> None:
        super().__init__(data)
        states = [(word, word.capitalize()) for word in GROUPS]
        self._choose("state", [*states, *((state.value, _words(state.value)) for state in State)])
        self._choose("type", [(type.value, type.label) for type in AmendmentType])
        self._choose("effect", [(effect.value, effect.value.capitalize()) for effect in Effect])
        self._choose("system", [(name, name) for name in systems])
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "data-filter": "", "placeholder": "Sentence, person or AMD-42"}
        )

    def filters(self) -> Filters:
        """What is valid of the filters."""
        self.is_valid()
        return Filters(**{name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data})

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All"), *choices]


class ProposalForm(forms.Form):
    """A proposal: what kind of change it is, the whole new constitution, and the evidence of its type and basis.

    Evidence fields are named `evidence-<key>`. What was typed for another type travels along hidden, so that choosing
    back and forth loses nothing.
    """

    base_version = forms.IntegerField(widget=forms.HiddenInput)
    type = forms.TypedChoiceField(coerce=AmendmentType, choices=[(type.value, type.label) for type in HUMAN_TYPES])
    basis = forms.TypedChoiceField(
        coerce=Basis,
        choices=[(basis.value, basis.label) for basis in Basis],
        help_text=_("Only a change on the ordinary basis can be rolled back later."),
    )
    effective_at = forms.DateTimeField(
        required=False,
        label=_("Takes effect"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    constitution = forms.CharField(
        label=_("Constitution"),
        strip=False,
        widget=forms.Textarea(attrs={"class": "code", "data-json": "", "spellcheck": "false", "rows": 24}),
    )
    why = forms.CharField(
        required=False, label=_("What changed in this revision"), widget=forms.TextInput(attrs={"maxlength": 500})
    )
    evidence_more = forms.CharField(
        required=False,
        label=_("More evidence, as JSON"),
        help_text='One object, such as {"replay_days": 30}.',
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        fixed: tuple[AmendmentType, Basis] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields[
            "effective_at"
        ].help_text = f"Leave it empty to take effect when approved. Times are {timezone.get_current_timezone_name()}."
        source = self.data if self.is_bound else self.initial
        self.kind, self.ground = fixed or (_kind(source.get("type")), _ground(source.get("basis")))
        if fixed:
            del self.fields["type"], self.fields["basis"]
        else:
            del self.fields["why"]
        self.items = (*ITEMS[self.kind], *BASIS_ITEMS[self.ground])
        self._names = [self._evidence_field(item, source) for item in self.items]

    @property
    def evidence_fields(self) -> list[tuple[Item, forms.BoundField]]:
        """The checklist's items with their fields, in its order. None of them is required of a draft."""
        return [(item, self[name]) for item, name in zip(self.items, self._names, strict=True)]

    @property
    def hint(self) -> str:
        """What this type of change is for."""
        return _ASK.get(self.kind, "")

    @property
    def shown(self) -> str:
        """Which evidence fields are on the screen; comes back as `shown`, and a preview brings others when it must."""
        return f"{self.kind} {self.ground}"

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed into the evidence of another type."""
        names = [name for name in self.data if name.startswith(PREFIX) and name not in self.fields]
        return [(name, str(self.data.get(name))) for name in sorted(names) if self.data.get(name)]

    def clean_constitution(self) -> Any:
        return _parsed(self.cleaned_data["constitution"], what="A constitution")

    def clean_evidence_more(self) -> Any:
        text = self.cleaned_data["evidence_more"]
        return _parsed(text, what="More evidence") if text.strip() else {}

    def clean_effective_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["effective_at"]
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError("This lies in the past. Leave it empty to take effect when approved.")
        return moment

    def evidence(self) -> dict[str, Any]:
        """Everything supplied, under the checklist's keys and the free ones; empty fields are not supplied."""
        typed = {name.removeprefix(PREFIX): str(self.data.get(name, "")).strip() for name in self._names}
        more = self.cleaned_data.get("evidence_more") or {}
        return {**more, **{key: text for key, text in typed.items() if text}}

    def place(self, problems: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Put a refusal's problems beside the fields they belong to; the rest comes back."""
        left = []
        for pointer, sentence in problems:
            name = f"{PREFIX}{pointer.removeprefix('/evidence/')}"
            if pointer.startswith("/evidence/") and name in self.fields:
                self.add_error(name, f"{sentence}.")
            else:
                left.append((pointer, sentence))
        return tuple(left)

    def _evidence_field(self, item: Item, source: Mapping[str, Any]) -> str:
        key = next((key for key in item.keys if source.get(f"{PREFIX}{key}")), item.keys[0])
        widget: forms.Widget = forms.TextInput()
        if key in _LONG:
            widget = forms.Textarea(attrs={"rows": 2})
        elif key in _DATES:
            widget = forms.DateInput(attrs={"type": "date"})
        self.fields[f"{PREFIX}{key}"] = forms.CharField(
            required=False, label=item.label, help_text=item.help[:1].upper() + item.help[1:], widget=widget
        )
        return f"{PREFIX}{key}"


def initial_of(*, document: Any, base_version: int) -> dict[str, Any]:
    """The values of a form that starts from a constitution."""
    return {
        "constitution": json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False),
        "base_version": base_version,
    }


def initial_evidence(evidence: Mapping[str, Any], *, type: AmendmentType, basis: Basis) -> dict[str, Any]:
    """Evidence as form values: text in its field, everything else in the free JSON."""
    known = {key for item in (*ITEMS[type], *BASIS_ITEMS[basis]) for key in _first(item, evidence)}
    texts = {key: value for key, value in evidence.items() if key in known and isinstance(value, str)}
    more = {key: value for key, value in evidence.items() if key not in texts and key != attachments.KEY}
    values = {f"{PREFIX}{key}": value for key, value in texts.items()}
    return {**values, "evidence_more": json.dumps(more, indent=2, ensure_ascii=False) if more else ""}


def _first(item: Item, evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """The one key of an item that has the field: the form shows one field per item."""
    return tuple(key for key in item.keys if evidence.get(key))[:1]


def _parsed(text: str, *, what: str) -> Any:
    try:
        value = canonical.loads(text)
    except Invalid as refusal:
        found = [f"{pointer}: {sentence}" if pointer else sentence for pointer, sentence in refusal.problems]
        raise forms.ValidationError(found[:_PROBLEMS]) from None
    if not isinstance(value, dict):
        raise forms.ValidationError(f"{what} is a JSON object: it starts with {{ and ends with }}.")
    return value


def _kind(value: Any) -> AmendmentType:
    return AmendmentType(value) if value in [type.value for type in HUMAN_TYPES] else AmendmentType.MANUAL_UPDATE


def _ground(value: Any) -> Basis:
    return Basis(value) if value in list(Basis) else Basis.ORDINARY


def _words(name: str) -> str:
    return "In review" if name == State.PROPOSED else name.replace("_", " ").capitalize()
