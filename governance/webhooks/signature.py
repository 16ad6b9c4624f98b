"""Signatures of the Standard Webhooks convention (docs/webhooks.md). Pure: the clock is an argument."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds that a timestamp may be off: an older message is somebody's replay."""


class BadSignature(ValueError):
    """The message is not from whoever holds the secret, or it is too old."""


def new_secret(random: bytes) -> str:
    """A secret as people copy it, from 32 random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def sign(*, secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    message = b".".join((id.encode(), str(timestamp).encode(), body))
    mac = hmac.new(_key(secret), message, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def verify(*, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The id of a true message, to recognise one that comes twice. Raises `BadSignature`."""
    found = {name.lower(): value for name, value in headers.items()}
    id, stamp, given = (found.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12) or abs(now - int(stamp)) > TOLERANCE:
        raise BadSignature("the timestamp is missing or too far from now")
    expected = sign(secret=secret, id=id, timestamp=int(stamp), body=body)
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given.split()):
        raise BadSignature("no signature fits")
    return id


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise BadSignature("the secret is not one that TARS gave out") from None
