from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from governance.identity.models import User
from governance.scope import Role

_ROLES = [(role.value, role.label) for role in Role]


class FilterForm(forms.Form):
    """What narrows the list of people."""

    q = forms.CharField(required=False, max_length=200)
    role = forms.ChoiceField(required=False, choices=[("", "Every role"), *_ROLES])
    factor = forms.ChoiceField(
        required=False, choices=[("", "With and without"), ("set", "Is set up"), ("none", "Is not set up")]
    )
    state = forms.ChoiceField(required=False, choices=[("current", "Members"), ("ended", "People who left")])


class RolesForm(forms.Form):
    """Somebody's roles, and why they change."""

    roles = forms.TypedMultipleChoiceField(coerce=Role, choices=_ROLES, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(max_length=2000, help_text=_("It stands on the ledger."))

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, auto_id="roles-%s", **options)


class InviteForm(forms.Form):
    """Whom to ask in."""

    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(required=False, max_length=200, help_text=_("As the mail should greet them."))
    roles = forms.TypedMultipleChoiceField(coerce=Role, choices=_ROLES, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="invite-%s")


class NewPersonForm(forms.Form):
    """A name and a password for somebody who has no account yet."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        strip=False, max_length=1000, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("The password again"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, email: str, name: str) -> None:
        super().__init__(data, initial={"name": name})
        self._email = email
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        password = data.get("password", "")
        if password and data.get("again") is not None and password != data["again"]:
            self.add_error("again", "The two passwords differ. Type the same one twice.")
        if password:
            try:
                validate_password(password, User(email=self._email, name=data.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data
