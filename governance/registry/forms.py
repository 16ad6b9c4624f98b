from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import canonical
from governance.errors import DomainError
from governance.registry.models import SystemType

START: Final = """{
  "skill": "",
  "version": "1.0.0",
  "capabilities": [],
  "requires_approval": [],
  "prime_directives": []
}
"""


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
