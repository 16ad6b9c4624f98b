from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from governance.amendments.kinds import Basis
from governance.files.kinds import EVIDENCE_BYTES, human_size
from governance.lawbook.formats import LABELS

SHOWN_TEXT = 1024 * 1024
"""Longest text that a page gives back for the proposal, in bytes; a longer file is chosen once more."""


class ImportForm(forms.Form):
    """A file of law, chosen or pasted, and what its amendment rests on."""

    format = forms.ChoiceField(label=_("Format"), choices=list(LABELS.items()))
    name = forms.CharField(
        label=_("Name in the law"),
        required=False,
        max_length=80,
        help_text=_("Such as gov.md or gdpr. A document of that name is replaced."),
    )
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "code", "spellcheck": "false"}),
    )
    base_version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file: UploadedFile | None = data.get("file")
        if file is not None and (file.size or 0) > EVIDENCE_BYTES:
            self.add_error(
                "file",
                _("The page takes %(most)s. Send a larger file over the API.") % {"most": human_size(EVIDENCE_BYTES)},
            )
        elif file is None and not str(data.get("text", "")).strip():
            self.add_error("text", _("Choose a file, or paste its text."))
        return data

    def content(self) -> bytes:
        """The file's bytes, or the text's with the line ends it had before a browser sent it."""
        file: UploadedFile | None = self.cleaned_data.get("file")
        if file is not None:
            file.seek(0)
            return bytes(file.read())
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").encode()


class ProposeForm(forms.Form):
    """What the amendment rests on."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2000, help_text=_("What demands this."), widget=forms.Textarea(attrs={"rows": 3})
    )
    gov_md_section = forms.CharField(
        label=_("Sections"),
        required=False,
        max_length=400,
        help_text=_("The clauses that change, as people cite them."),
    )
    basis = forms.ChoiceField(
        label=_("Basis"),
        choices=[(basis.value, basis.label) for basis in Basis],
        initial=Basis.ORDINARY.value,
        required=False,
        help_text=_("Any other than ordinary cannot be rolled back."),
    )

    def evidence(self) -> dict[str, Any]:
        found = {"reason": self.cleaned_data["reason"].strip()}
        if section := self.cleaned_data["gov_md_section"].strip():
            found["gov_md_section"] = section
        return found


class PromoteForm(forms.Form):
    """Why a session's rule should last."""

    reason = forms.CharField(label=_("Why it should last"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    base_version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
