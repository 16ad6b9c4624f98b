from __future__ import annotations

from django import forms


class ReviewForm(forms.Form):
    """What a second person found when looking at an override."""

    finding = forms.ChoiceField(
        label="The override was",
        choices=[("upheld", "Right: I would have decided the same"), ("not_upheld", "Wrong: it should not stand")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="What you found",
        help_text="Stands on the ledger beside the override.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
