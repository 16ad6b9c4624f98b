from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from routing.learning.settings import LEAST_SIMILAR, LIKENESS, Settings


class SettingsForm(forms.Form):
    """How the tenant's rules are learned. The verb checks again."""

    least_similar = forms.IntegerField(
        label=_("Requests that are alike before a rule is proposed"),
        min_value=LEAST_SIMILAR.start,
        max_value=LEAST_SIMILAR.stop - 1,
        help_text=_("From 5 to 10,000. Fewer learn sooner, more are surer."),
    )
    likeness = forms.DecimalField(
        label=_("How alike they are"),
        min_value=LIKENESS[0],
        max_value=LIKENESS[1],
        max_digits=3,
        decimal_places=2,
        help_text=_("The router's confidence that two requests ask the same, from 0.50 to 0.99."),
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    is_automatic = forms.BooleanField(
        label=_("Put proposed rules in force without a review"),
        required=False,
        help_text=_("Each is on the ledger and one click turns it off. Rules that people wrote are never changed."),
    )

    @classmethod
    def of(cls, settings: Settings) -> SettingsForm:
        """The form as things stand."""
        return cls(
            initial={
                "least_similar": settings.least_similar,
                "likeness": Decimal(settings.likeness),
                "is_automatic": settings.is_automatic,
            }
        )
