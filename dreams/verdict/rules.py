"""Verdicts, and the rules in the order in which they are asked: the first that applies is the verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Verdict(StrEnum):
    """What becomes of a candidate. Only `PROMOTE` ships anything."""

    PROMOTE = "promote"
    HOLD = "hold"
    REJECT = "reject"
    INVALID = "invalid"


class Rule(StrEnum):
    """Every rule, first asked first. The order is part of the contract: `docs/dreams.md` lists it."""

    PROTOCOL = "protocol"
    MISSING_PAIRS = "missing_pairs"
    SAMPLE_RATIO = "sample_ratio"
    NEW_VIOLATION = "new_violation"
    GUARDRAIL_INFERIOR = "guardrail_inferior"
    GROUP_INFERIOR = "group_inferior"
    PRIMARY_WORSE = "primary_worse"
    TOO_FEW_PAIRS = "too_few_pairs"
    EFFECT_TOO_SMALL = "effect_too_small"
    PRIMARY_NOT_SHOWN = "primary_not_shown"
    GUARDRAIL_NOT_SHOWN = "guardrail_not_shown"
    AVERAGE_CONTRADICTS = "average_contradicts"
    GROUP_WORSE = "group_worse"
    HELD_OUT_NOT_SHOWN = "held_out_not_shown"
    HELD_OUT_GUARDRAIL = "held_out_guardrail"
    WAITS_FOR_STARS = "waits_for_stars"
    ALL_HOLD = "all_hold"


_RULES: Final = {
    Verdict.INVALID: (Rule.PROTOCOL, Rule.MISSING_PAIRS, Rule.SAMPLE_RATIO),
    Verdict.REJECT: (Rule.NEW_VIOLATION, Rule.GUARDRAIL_INFERIOR, Rule.GROUP_INFERIOR, Rule.PRIMARY_WORSE),
    Verdict.HOLD: (
        Rule.TOO_FEW_PAIRS,
        Rule.EFFECT_TOO_SMALL,
        Rule.PRIMARY_NOT_SHOWN,
        Rule.GUARDRAIL_NOT_SHOWN,
        Rule.AVERAGE_CONTRADICTS,
        Rule.GROUP_WORSE,
        Rule.HELD_OUT_NOT_SHOWN,
        Rule.HELD_OUT_GUARDRAIL,
        Rule.WAITS_FOR_STARS,
    ),
    Verdict.PROMOTE: (Rule.ALL_HOLD,),
}
VERDICT_OF: Final[Mapping[Rule, Verdict]] = MappingProxyType(
    {rule: verdict for verdict, rules in _RULES.items() for rule in rules}
)


class Next(StrEnum):
    """What the night does with a candidate after a look."""

    SEEN_PAIRS = "seen_pairs"
    HELD_OUT_PAIRS = "held_out_pairs"
    STOP = "stop"
