"""docs/agents.md says what is so: its examples pass the schema, its program tells a true call from a false one."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from routing.connectors import envelope, signing
from routing.connectors.envelope_shape import SCHEMA, fault
from tests.architecture.repository import ROOT
from tests.unit.routing.connectors.calls import Key

PAGE = (ROOT / "docs" / "agents.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example__passes_the_schema_as_one_message(example: Any) -> None:
    assert [fault(example, of=part) for part in ("request", "reply", "accepted")].count("") == 1


def test_examples__are_read_as_what_they_say() -> None:
    call, reply, failure, accepted = (json.dumps(example).encode() for example in EXAMPLES)
    assert envelope.read_request(call).mode == "approved"
    assert envelope.read_reply(reply).usage.tokens_in == {"gpt-5-mini": 812}
    assert envelope.read_reply(failure).error == "The bank is closed until Monday."
    assert envelope.read_accepted(accepted).poll == "/runs/42"


def test_schema__stands_alone() -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(SCHEMA))
    assert references and all(one.startswith("#/$defs/") for one in references)


def test_program_of_the_page__tells_true_from_false() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    page: dict[str, Any] = {}
    exec(program, page)
    key, body = Key(), b'{"tars":1}'
    made = signing.headers_of(signer=key, execution_id="e-1", timestamp=int(time.time()), body=body)
    headers = {name.lower(): value for name, value in made.items()}
    is_from_tars = page["is_from_tars"]
    assert is_from_tars(key.did, headers, body)
    assert not is_from_tars(key.did, headers, body + b" ")
    assert not is_from_tars(Key().did, headers, body)
    assert not is_from_tars(key.did, headers | {"tars-execution": "e-2"}, body)
    assert not is_from_tars(key.did, headers | {"tars-timestamp": "1"}, body)
