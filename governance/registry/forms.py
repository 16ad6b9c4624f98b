from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import canonical
from governance.errors import DomainError
from governance.registry.models import Status, SystemType

START: Final = """{
  "skill": "",
  "version": "1.0.0",
  "capabilities": [],
  "requires_approval": [],
  "prime_directives": []
}
"""

STATUS_WORDS: Final = (
    (Status.ACTIVE.value, _("Active: it gets new work")),
    (Status.MAINTENANCE.value, _("In maintenance: nothing new for a while; it finishes what it has")),
    (Status.DEPRECATED.value, _("Deprecated: nothing new from now on; it finishes what it has")),
    (Status.ARCHIVED.value, _("Archived: kept for the record, and out of every list to choose from")),
)


class RegisterForm(forms.Form):
    """A new system and its first constitution. The verb checks what the constitution says; the form only reads it."""

    name = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        label=_("Name"),
        max_length=80,
        help_text=_("How everybody will call it, for good: letters, digits, dots, dashes."),
        error_messages={
            "invalid": _("Use letters, digits, dots, dashes and underscores, starting with a letter or digit.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    type = forms.ChoiceField(label=_("Type"), choices=SystemType.choices)
    description = forms.CharField(label=_("What it does"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    constitution = forms.CharField(
        label=_("First constitution (JSON)"),
        initial=START,
        help_text=_("Becomes version 1. Every later change is an amendment."),
        widget=forms.Textarea(attrs={"class": "code", "data-json": "", "spellcheck": "false"}),
    )

    def clean_constitution(self) -> dict[str, Any]:
        try:
            document = canonical.loads(self.cleaned_data["constitution"])
        except DomainError as error:
            raise forms.ValidationError(error.sentence) from error
        if not isinstance(document, dict):
            raise forms.ValidationError("A constitution is a JSON object: it starts with { and ends with }.")
        return document


class StatusForm(forms.Form):
    """Whether a system gets new work, and why. `seen` is the digest of what the page showed."""

    status = forms.ChoiceField(label=_("From now on it is"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("A sentence; it stands on the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, status: str, seen: str, wanted: str = "") -> None:
        super().__init__(data, initial={"seen": seen, "status": wanted})
        choices = [(value, label) for value, label in STATUS_WORDS if value != status]
        self.fields["status"].choices = choices  # type: ignore[attr-defined]
