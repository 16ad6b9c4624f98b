"""What an approval is bound to: move anything and it is another digest (DESIGN.md contract 2)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.amendments.bound import bound_bytes, roll_back_bytes
from governance.canonical import digest_bytes

AMENDMENT: dict[str, Any] = {
    "system_id": "s",
    "system_name": "clay",
    "type": "manual_update",
    "basis": "ordinary",
    "base_version": 1,
    "base_digest": "sha256:a",
    "new_digest": "sha256:b",
    "diff": {"x": {"old": 1, "new": 2, "change": 1}},
    "evidence": {"reason": "Because."},
    "effective_at": None,
    "policy_version": "sha256:p",
}
ROLLBACK: dict[str, Any] = {
    "amendment_id": "a",
    "system_name": "clay",
    "base_version": 2,
    "base_digest": "sha256:a",
    "new_digest": "sha256:b",
    "diff": {"x": {"old": 2, "new": 1, "change": -1}},
}
OTHER = {str: "other", int: 9, dict: {"y": {"old": 0, "new": 1, "change": 1}}, type(None): "2026-12-01T00:00:00+00:00"}


@pytest.mark.parametrize("name", AMENDMENT)
def test_amendment__every_part_moves_the_digest(name: str) -> None:
    moved = {**AMENDMENT, name: OTHER[type(AMENDMENT[name])]}
    assert digest_bytes(bound_bytes(**moved)) != digest_bytes(bound_bytes(**AMENDMENT))


@pytest.mark.parametrize("name", ROLLBACK)
def test_rollback__every_part_moves_the_digest(name: str) -> None:
    moved = {**ROLLBACK, name: OTHER[type(ROLLBACK[name])]}
    assert digest_bytes(roll_back_bytes(**moved)) != digest_bytes(roll_back_bytes(**ROLLBACK))


def test_bytes__do_not_depend_on_the_order_of_keys() -> None:
    assert bound_bytes(**dict(reversed(AMENDMENT.items()))) == bound_bytes(**AMENDMENT)


def test_amendment_and_rollback__never_share_a_digest() -> None:
    assert b'"roll_back"' in roll_back_bytes(**ROLLBACK) and b'"roll_back"' not in bound_bytes(**AMENDMENT)
