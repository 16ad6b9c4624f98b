"""Anything that moves breaks the digest that was approved, and is named."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from routing.executions.bound import Bound, moved

SHOWN = Bound(
    request_id="r1",
    request_digest="sha256:aa",
    input_digest="sha256:bb",
    system_id="s1",
    system="domicile-governance",
    constitution_version=3,
    constitution_digest="sha256:cc",
    action="audit",
    tool="audit",
    connector_digest="sha256:dd",
    maximums={"usd_budget": "0.50"},
)
OTHER: dict[str, Any] = {"constitution_version": 4, "maximums": {"usd_budget": "0.51"}}


@pytest.mark.parametrize("name", [field.name for field in fields(Bound)])
def test_digest__of_whatever_moved__is_another(name: str) -> None:
    now = replace(SHOWN, **{name: OTHER.get(name, "other")})
    assert now.digest != SHOWN.digest
    if name != "request_id":
        assert moved(SHOWN.as_json(), now)


def test_moved__nothing__says_nothing() -> None:
    assert moved(SHOWN.as_json(), replace(SHOWN)) == "" and replace(SHOWN).digest == SHOWN.digest


def test_moved__several__are_named_once_each() -> None:
    now = replace(SHOWN, constitution_version=4, constitution_digest="sha256:xx", tool="delete", action="delete")
    assert moved(SHOWN.as_json(), now) == "the constitution, the action and the tool"
