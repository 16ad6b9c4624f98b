from __future__ import annotations

from typing import Any

import pytest

from governance.assets.document import BadDocument, read, written

SEED: dict[str, Any] = {
    "asset_id": "gpu-pool",
    "asset_type": "compute",
    "ownership_model": "shared",
    "sharing_rules": {
        "requires_consensus": True,
        "fallback_allocation": "priority_queue",
        "externality_pricing": "0.25",
        "usage_caps": {"per_user": 100, "per_hour": 50},
    },
    "governance_mandate": {
        "scope": "train.*, infer",
        "authority": "did:group:ml",
        "expiry": "2026-12-31T00:00:00.000000Z",
        "revocation_conditions": ["majority_vote", "safety_violation"],
    },
}


def test_document__read_and_written__is_the_same() -> None:
    assert written(read(SEED)) == SEED
    bare = {**SEED, "governance_mandate": None}
    assert written(read(bare)) == bare


def test_document__absent_members__are_as_nothing_was_said() -> None:
    found = read({"asset_id": "a", "asset_type": "compute", "ownership_model": "public"})
    assert (found.requires_consensus, found.fallback_allocation, found.usage_cap_per_hour) == (
        False,
        "equal_shares",
        None,
    )


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("asset_id",), 7, "/asset_id"),
        (("colour",), "red", "/colour"),
        (("sharing_rules",), [], "/sharing_rules"),
        (("sharing_rules", "requires_consensus"), "yes", "/sharing_rules/requires_consensus"),
        (("sharing_rules", "externality_pricing"), 0.25, "/sharing_rules/externality_pricing"),
        (("sharing_rules", "externality_pricing"), "-1", "/sharing_rules/externality_pricing"),
        (("sharing_rules", "externality_pricing"), "NaN", "/sharing_rules/externality_pricing"),
        (("sharing_rules", "usage_caps", "per_hour"), -1, "/sharing_rules/usage_caps/per_hour"),
        (("sharing_rules", "usage_caps", "per_hour"), True, "/sharing_rules/usage_caps/per_hour"),
        (("governance_mandate", "expiry"), "2026-12-31T00:00:00", "/governance_mandate/expiry"),
        (("governance_mandate", "authority"), "", "/governance_mandate/authority"),
        (("governance_mandate", "revocation_conditions"), [1], "/governance_mandate/revocation_conditions"),
    ],
)
def test_document__wrong_members__each_named(path: tuple[str, ...], value: Any, pointer: str) -> None:
    def put(data: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
        first, *rest = keys
        return {**data, first: put(data[first], tuple(rest)) if rest else value}

    with pytest.raises(BadDocument) as refusal:
        read(put(SEED, path))
    assert pointer in dict(refusal.value.problems)


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_document__of_another_kind__refused(data: Any) -> None:
    with pytest.raises(BadDocument):
        read(data)
