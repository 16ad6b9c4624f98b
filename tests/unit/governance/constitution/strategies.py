"""JSON documents to try things on: any JSON, and pairs of constitutions that differ a little."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from governance.constitution.values import copy

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.sampled_from([0.0, -0.0, 1.0, 0.5, 1e-7, 1e21, -2.5])
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
KEYS = st.sampled_from(["a", "b", "~", "/", "", "name", "id", "-", "0"]) | TEXT
JSONS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(["delete", "audit", "upload", "refund", "payroll"])
ITEMS = st.lists(
    st.fixed_dictionaries({"id": NAMES}, optional={"limit": st.integers(0, 3), "then": st.lists(NAMES, max_size=3)}),
    max_size=5,
)
CONSTITUTIONS = st.fixed_dictionaries(
    {},
    optional={
        "refund_limit_usd": st.integers(0, 500),
        "routing_confidence_threshold": st.sampled_from([0.6, 0.65, 0.7, 1, 1.0]),
        "routing_rules": st.fixed_dictionaries({}, optional={"max_retries": st.integers(0, 5)}),
        "requires_approval": st.lists(NAMES, unique=True, max_size=5),
        "capabilities": st.lists(NAMES, unique=True, max_size=5),
        "audit_trail_required": st.booleans(),
        "covenant": TEXT,
        "articles": ITEMS,
        "note": JSONS,
    },
)


def reversed_keys(value: Any) -> Any:
    """The same JSON, every object written down backwards."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reversed_keys(item) for item in value]
    return copy(value)
