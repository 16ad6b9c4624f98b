"""Constitutions that a night may dream of."""

from __future__ import annotations

from typing import Any

CLAY: dict[str, Any] = {
    "skill": "clay-consigliere",
    "routing_confidence_threshold": 0.7,
    "fallback_delay_ms": 500,
    "routing_rules": {"max_retries": 3},
    "greeting": "Good morning",
    "is_brief": False,
    "requires_approval": ["audit"],
    "tunable": {
        "/routing_confidence_threshold": {"min": 0.5, "max": 0.9, "step": 0.05},
        "/fallback_delay_ms": {"min": 100, "max": 1000},
        "/routing_rules/max_retries": {"min": 0, "max": 5},
        "/greeting": {"values": ["Good morning", "Hello", "What may I do for you?"]},
        "/is_brief": {"values": [True, False]},
    },
    "protected": ["/requires_approval"],
}
