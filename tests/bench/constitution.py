"""How fast constitutions are compared and checked, as ratios against peers measured in the same minutes.

Peer and TARS take turns for `ROUNDS` rounds; a row compares the medians.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonpatch
import jsonschema
import referencing

from governance.canonical import canonical_bytes
from governance.constitution import schema
from governance.constitution.diff import changes, operations
from governance.constitution.values import copy
from tests.bench.measure import TOLD, Row, interleaved


def bench_diff() -> list[Row]:
    """Both answers of a diff (changes and operations) against `jsonpatch.make_patch`; at most 0.5, and linear."""
    small, large = pair(235), pair(2350)
    rows = [_against_jsonpatch(name, *documents) for name, documents in (("100 KB", small), ("1 MB", large))]
    *_, growth = interleaved(lambda: _diff(*large), lambda: _diff(*small))
    return [*rows, Row("diff: time at 1 MB against 100 KB", growth, "≤ 13", "ten times the size")]


def bench_validation() -> list[Row]:
    """A whole check (JSON, size, shape, sense) of a 20-article constitution against the shape alone by `jsonschema`."""
    document = constitution(20)
    shape = json.loads(files("governance.constitution").joinpath("schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(shape, registry=referencing.Registry())
    schema.check(document)
    ours, peer, _ = interleaved(
        lambda: [schema.check(document) for _ in range(20)], lambda: [validator.is_valid(document) for _ in range(20)]
    )
    rate, peer_rate = 20 / ours, 20 / peer
    detail = f"{rate:,.0f} a second, jsonschema {peer_rate:,.0f}; {len(canonical_bytes(document)):,} bytes"
    return [
        Row("validation: rate against 1,000 a second", rate / 1000, "≥ 1", detail),
        Row(
            "validation: rate against jsonschema",
            rate / peer_rate,
            TOLD,
            "5 wished; the same schema, and ours also checks JSON, size and sense",
        ),
    ]


def _against_jsonpatch(name: str, old: dict[str, Any], new: dict[str, Any]) -> Row:
    ours, peer, ratio = interleaved(lambda: _diff(old, new), lambda: jsonpatch.make_patch(old, new))
    size = len(canonical_bytes(old))
    detail = f"{ours * 1e3:.1f} ms against {peer * 1e3:.1f} ms, {size:,} bytes"
    return Row(f"diff: time at {name} against jsonpatch", ratio, "≤ 0.5", detail)


def _diff(old: dict[str, Any], new: dict[str, Any]) -> object:
    return changes(old, new), operations(old, new)


def constitution(articles: int) -> dict[str, Any]:
    """A constitution with this many articles, about 420 bytes each."""
    return {
        "skill": "clay-consigliere",
        "version": "1.0.0",
        "routing_confidence_threshold": 0.7,
        "fallback_delay_ms": 500,
        "capabilities": ["payroll", "compliance"],
        "requires_approval": ["upload_payroll_entries", "audit", "delete"],
        "retention_period_days": 2555,
        "budgets": {f"resource_{number}": {"limit": number, "window": "monthly"} for number in range(20)},
        "tunable": {"/fallback_delay_ms": {"min": 100, "max": 2000}},
        "protected": ["/requires_approval", "/retention_period_days"],
        "articles": [_article(number) for number in range(articles)],
    }


def pair(articles: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A constitution and its successor: one article in a hundred changed, one inserted in the middle."""
    old = constitution(articles)
    new = copy(old)
    for number in range(0, articles, 100):
        new["articles"][number]["limit"] = 0.5
    new["articles"].insert(articles // 2, {"id": "art-new", "title": "New", "text": "Ask first."})
    return old, new


def _article(number: int) -> dict[str, Any]:
    rules = [
        {"name": f"r{step}", "when": {"amount_usd": number + step, "new": True}, "then": ["log", "ask"]}
        for step in range(3)
    ]
    text = "Nothing of this kind happens without somebody having asked for it and somebody else having agreed."
    return {"id": f"art-{number}", "title": f"Article {number}", "text": text, "limit": number * 1.5, "rules": rules}
