"""The precedence classes and their weights (seeds/002 4.1, 6.1; DESIGN.md contract 7). Higher always wins."""

from __future__ import annotations

from enum import IntEnum


class Precedence(IntEnum):
    CONSTITUTIONAL_PROHIBITION = 1000
    ESTOP = 950
    SAFETY = 900
    LEGAL = 800
    CONSTITUTION = 700
    DOMAIN = 600
    GENERAL = 500

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Precedence.CONSTITUTIONAL_PROHIBITION: "constitutional prohibition",
    Precedence.ESTOP: "e-stop",
    Precedence.SAFETY: "safety",
    Precedence.LEGAL: "legal",
    Precedence.CONSTITUTION: "constitution",
    Precedence.DOMAIN: "domain guideline",
    Precedence.GENERAL: "general permission",
}


def label_of(weight: int) -> str:
    """The class of a weight in words; policy.toml ranks its levels within the domain guidelines; others are called by number."""
    if 550 <= weight < Precedence.DOMAIN:
        return Precedence.DOMAIN.label
    return Precedence(weight).label if weight in set(Precedence) else f"weight {weight}"
