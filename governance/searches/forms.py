from __future__ import annotations

from django import forms

from governance.searches.actions import LONGEST_NAME


class SaveForm(forms.Form):
    """A name for the filters of now; `page` and `query` come along from the list."""

    name = forms.CharField(
        max_length=LONGEST_NAME, label="Name", help_text="What you will look for, such as: due this week."
    )
    is_shared = forms.BooleanField(required=False, label="Show it to everybody who can read this page")
    is_default = forms.BooleanField(required=False, label="Open this page with it from now on")
    page = forms.CharField(widget=forms.HiddenInput)
    query = forms.CharField(widget=forms.HiddenInput)
