"""A passkey in software: registers, and signs the challenges of a `navigator.credentials.get`, as a device would."""

from __future__ import annotations

import json
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from governance.identity.models import User

HOST = "localhost"
ORIGIN = "http://localhost"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Passkey:
    """One credential of one device."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(32)
        self._private = ec.generate_private_key(ec.SECP256R1())

    def registered(self, user: User, *, name: str = "Laptop") -> Authenticator:
        """As after the form of allauth accepted it; a browser test goes through the form."""
        return Authenticator.objects.create(
            user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name, "credential": self._credential()}
        )

    def answer(self, options: dict[str, Any], *, origin: str = ORIGIN, **changes: Any) -> str:
        """The credential for a challenge, as static/js/passkey.js sends it; `changes` falsify a member."""
        public = options["publicKey"]
        client = CollectedClientData.create(
            type=CollectedClientData.TYPE.GET, challenge=public["challenge"], origin=origin
        )
        data = AuthenticatorData.create(sha256(public["rpId"].encode()), PRESENT_AND_VERIFIED, 1)
        signature = self._private.sign(bytes(data) + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            **changes,
        }
        name = websafe_encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def _credential(self) -> dict[str, Any]:
        public = ES256.from_cryptography_key(self._private.public_key())
        attested = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(HOST.encode()), flags, 0, attested)
        client = CollectedClientData.create(
            type=CollectedClientData.TYPE.CREATE, challenge=secrets.token_bytes(32), origin=ORIGIN
        )
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def with_codes(user: User) -> str:
    """One-time codes set up for the user; the secret."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    """The code the app shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
