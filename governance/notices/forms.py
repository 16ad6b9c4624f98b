from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.notices import kinds
from governance.notices.models import MailMode
from governance.notices.queries import Preference


class PreferenceForm(forms.Form):
    """How news is mailed. The page asks what is mailed; what is stored is what is not."""

    mail = forms.ChoiceField(
        label=_("Mail"),
        choices=MailMode.choices,
        widget=forms.RadioSelect,
        help_text=_("The digest comes at 7 in the morning of your time zone. Urgent news does not wait for it."),
    )
    mailed = forms.MultipleChoiceField(
        label=_("Mail me about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything stays in your notices here, mailed or not."),
    )

    def __init__(self, data: Any = None, *, preference: Preference) -> None:
        choices = [(kind.name, kind.label) for kind in kinds.kinds().values() if kind.can_mute]
        mailed = [name for name, _ in choices if name not in preference.muted]
        super().__init__(data, initial={"mail": preference.mail.value, "mailed": mailed})
        field = self.fields["mailed"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        self.names = frozenset(name for name, _ in choices)

    @property
    def muted(self) -> frozenset[str]:
        """What is left unticked, of a valid form."""
        return self.names - frozenset(self.cleaned_data["mailed"])
