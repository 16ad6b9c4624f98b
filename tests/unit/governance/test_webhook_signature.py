from __future__ import annotations

import pytest

from governance.webhooks.signature import BadSignature, new_secret, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def headers(**changed: str) -> dict[str, str]:
    found = {
        "Webhook-Id": ID,
        "Webhook-Timestamp": str(AT),
        "Webhook-Signature": sign(secret=SECRET, id=ID, timestamp=AT, body=BODY),
    }
    return {**found, **changed}


def test_sign__standard_webhooks_own_example() -> None:
    assert sign(secret=SECRET, id=ID, timestamp=AT, body=BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_verify__true_message__gives_its_id() -> None:
    assert verify(secret=SECRET, headers=headers(), body=BODY, now=AT + 299) == ID


def test_verify__one_of_several_signatures__is_enough() -> None:
    several = "v1,AAAA " + headers()["Webhook-Signature"]
    assert verify(secret=SECRET, headers=headers(**{"Webhook-Signature": several}), body=BODY, now=AT) == ID


@pytest.mark.parametrize(
    ("changed", "body", "now"),
    [
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + 301),
        ({}, BODY, AT - 301),
        ({"Webhook-Id": "msg_other"}, BODY, AT),
        ({"Webhook-Timestamp": str(AT + 1)}, BODY, AT),
        ({"Webhook-Timestamp": "soon"}, BODY, AT),
        ({"Webhook-Signature": ""}, BODY, AT),
        ({"Webhook-Signature": "v1,ö"}, BODY, AT),
    ],
)
def test_verify__anything_moved__refused(changed: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(BadSignature):
        verify(secret=SECRET, headers=headers(**changed), body=body, now=now)


def test_verify__another_secret__refused() -> None:
    with pytest.raises(BadSignature):
        verify(secret=new_secret(b"x" * 32), headers=headers(), body=BODY, now=AT)
    with pytest.raises(BadSignature, match="not one that TARS gave out"):
        verify(secret="whsec_!", headers=headers(), body=BODY, now=AT)
