"""Whether a JSON value is a part of the envelope. Pure; no reference is ever fetched.

`jsonschema-rs` answers yes or no, `jsonschema` words the first fault.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from governance.canonical import JSON

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs

SCHEMA: Final[dict[str, JSON]] = json.loads(
    files("routing.connectors").joinpath("envelope-1.schema.json").read_text("utf-8")
)
Part = Literal["request", "reply", "accepted", "usage", "tool_call"]


def fault(value: JSON, *, of: Part) -> str:
    """What is wrong with the value as that part of the envelope, as half a sentence; empty when nothing is."""
    if _quick(of).is_valid(value):
        return ""
    for error in _wordy(of).iter_errors(value):
        where = "/".join(str(step) for step in error.absolute_path) or of
        return f"{where}: {error.message}"[:300]
    return ""


def _schema(part: Part) -> dict[str, JSON]:
    return {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{part}"}


@cache
def _quick(part: Part) -> jsonschema_rs.Validator:
    import jsonschema_rs

    def refuse(uri: str) -> JSON:
        raise ValueError(uri)

    return jsonschema_rs.Draft202012Validator(_schema(part), retriever=refuse)


@cache
def _wordy(part: Part) -> jsonschema.protocols.Validator:
    import jsonschema
    from referencing import Registry

    return jsonschema.Draft202012Validator(_schema(part), registry=Registry())
