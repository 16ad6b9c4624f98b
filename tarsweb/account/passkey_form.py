from __future__ import annotations

from allauth.core import context
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms

from tarsweb import humane


class AddPasskeyForm(AddWebAuthnForm):
    """allauth's form in our words; a passkey may also sign in by itself unless the person says otherwise."""

    passwordless = forms.BooleanField(
        label="Sign in with it, without a password",
        required=False,
        initial=True,
        help_text="The device then asks for your fingerprint, face or PIN. Leave it out for a plain security key.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name of the device"
        self.fields["name"].initial = self.initial["name"] = humane.device(
            context.request.headers.get("User-Agent", "")
        )
        self.fields["name"].max_length = 60
