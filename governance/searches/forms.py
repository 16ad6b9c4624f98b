from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.searches.actions import LONGEST_NAME


class SaveForm(forms.Form):
    """A name for the filters of now; `page` and `query` come along from the list."""

    name = forms.CharField(
        max_length=LONGEST_NAME, label=_("Name"), help_text=_("What you will look for, such as: due this week.")
    )
    is_shared = forms.BooleanField(required=False, label=_("Show it to everybody who can read this page"))
    is_default = forms.BooleanField(required=False, label=_("Open this page with it from now on"))
    page = forms.CharField(widget=forms.HiddenInput)
    query = forms.CharField(widget=forms.HiddenInput)
