"""Rules and theories, as the engine, the text format, the JSON form and the rulebook share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from governance.policy.precedence import Precedence
from governance.policy.terms import Condition, Literal, Modality


class Strength(StrEnum):
    """`->` cannot be defeated where its body is certain; `=>` can; `~>` only defeats and proves nothing."""

    STRICT = "strict"
    DEFEASIBLE = "defeasible"
    DEFEATER = "defeater"


@dataclass(frozen=True, slots=True)
class Head:
    """What a rule concludes. `chain` has one literal; an obligation may have more: each next one repairs the breach of those
    before it (contrary-to-duty, Governatori and Rotolo 2006)."""

    chain: tuple[Literal, ...]
    modality: Modality = Modality.FACT


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `valid_from` (inclusive) and `valid_until` (exclusive) are aware moments; `enacted_at` decides recency.

    `bearer` is a glob over the names of those it binds ("" everybody); `authority` names who issued it; `source` is the clause it
    rests on; `tier` is the lowest tier it binds (0: every tier). `line` is where it was written, 1-based, 0 where it was not.
    """

    id: str
    head: Head
    body: tuple[Condition, ...] = ()
    strength: Strength = Strength.DEFEASIBLE
    weight: int = Precedence.GENERAL
    source: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    enacted_at: datetime | None = None
    bearer: str = ""
    authority: str = ""
    tier: int = 0
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Theory:
    """Facts, rules and explicit preferences (stronger rule's id, weaker rule's id)."""

    rules: tuple[Rule, ...] = ()
    facts: tuple[Literal, ...] = ()
    preferences: tuple[tuple[str, str], ...] = ()
