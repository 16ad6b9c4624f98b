"""The signature of a call: an agent can tell TARS from anybody else."""

from __future__ import annotations

import pytest

from routing.connectors import signing
from routing.connectors.signing import BadCall
from tests.unit.routing.connectors.calls import Key

KEY, BODY, NOW = Key(), b'{"tars":1}', 1_795_000_000


def made(**changes: str) -> dict[str, str]:
    return signing.headers_of(signer=KEY, execution_id="e-1", timestamp=NOW, body=BODY) | changes


def test_verify__true_call__gives_its_execution() -> None:
    lower = {name.lower(): value for name, value in made().items()}
    assert signing.verify(trusted=KEY.did, headers=lower, body=BODY, now=NOW + 299) == "e-1"


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (made(), b'{"tars":2}', NOW),
        (made(**{"TARS-Execution": "e-2"}), BODY, NOW),
        (made(**{"TARS-Timestamp": str(NOW + 1)}), BODY, NOW),
        (made(**{"TARS-Timestamp": ""}), BODY, NOW),
        (made(**{"TARS-Signature": "ed25519-v1 AAAA"}), BODY, NOW),
        (made(**{"TARS-Signature": "ed25519-v1 not base64"}), BODY, NOW),
        (made(**{"TARS-Signature": "none " + made()["TARS-Signature"].split()[1]}), BODY, NOW),
        (made(), BODY, NOW + 301),
        (made(), BODY, NOW - 301),
        ({}, BODY, NOW),
    ],
)
def test_verify__anything_else__is_refused(headers: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(BadCall):
        signing.verify(trusted=KEY.did, headers=headers, body=body, now=now)


def test_verify__another_key__is_refused_although_it_signs_well() -> None:
    other = Key()
    headers = signing.headers_of(signer=other, execution_id="e-1", timestamp=NOW, body=BODY)
    with pytest.raises(BadCall, match="another key"):
        signing.verify(trusted=KEY.did, headers=headers, body=BODY, now=NOW)


def test_headers__execution_with_a_dot__would_be_ambiguous_and_is_refused() -> None:
    with pytest.raises(ValueError):
        signing.headers_of(signer=KEY, execution_id="e.1", timestamp=NOW, body=BODY)
    with pytest.raises(BadCall):
        signing.verify(trusted=KEY.did, headers=made(**{"TARS-Execution": "e.1"}), body=BODY, now=NOW)
