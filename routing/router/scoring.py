"""How sure the router is that a request belongs to a label (a system and what it is asked to do), from the nearest rules and,
where a tenant has many, from its head. Pure. Live routing and `tars route-eval` ask the same function, `judged`.

Without a head a rule is worth the curve of its cosine (`confidence`). With one, the labels of the nearest rules share what the
head and the nearness of those rules say; how sure that makes speaks of the request as a whole too: whether the head has anything
to say about it, and whether anything like it is known. 0.7, the default threshold, is where all but five of a hundred requests
pass that were held out when the head learned.

INVARIANTS: only labels of the nearest rules are judged, so what is switched off is never answered; where a rule is by far the
nearest, and for a label that the head has not learned yet, it is as without a head, so a new rule is obeyed at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from routing.embeddings.embedder import Vectors
from routing.router.confidence import Against, confidence
from routing.router.head import Head

REPEATS: Final = 0.98
"""A cosine from which on the request is the rule's pattern in other spelling."""
CLOSE: Final = 0.85
FARTHER: Final = 0.1
"""A rule so near decides as well, if the nearest rule of any other label is farther by so much."""
MOST_SURE: Final = 0.97
"""What a head makes sure of at most."""
# Found on held-out parts of BANKING77 and CLINC150 (docs/routing.md): the share of the nearest rules in what speaks for a label,
# how fast a rule counts less as it is farther, and what a cosine is worth beside the head's logarithms.
NEAR: Final = 0.3
FALLS: Final = 40.0
WORTH: Final = 10.0
CLOSEST: Final = 4
_LEAST, _MOST = 1e-6, 1 - 1e-3


@dataclass(frozen=True, slots=True)
class Near:
    """A rule near the request: what it stands for, and its cosine."""

    label: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A head with what its evidence means: at `low` it is as sure as 0.7 says, at `middle` (half of what was held out) 0.9."""

    head: Head
    low: float
    middle: float

    def sureness(self, evidence: float) -> float:
        """0 to `MOST_SURE`; rises with the evidence."""
        at_low, at_middle = (math.log(sure / (MOST_SURE - sure)) for sure in (0.7, 0.9))
        scaled = at_low + (evidence - self.low) / max(1e-3, self.middle - self.low) * (at_middle - at_low)
        return round(MOST_SURE / (1 + math.exp(-max(-60.0, min(60.0, scaled)))), 4)


def judged(
    near: Sequence[Near], *, model: str, text: str, vector: Vectors, trained: Trained | None = None
) -> dict[str, float]:
    """For each label among `near` (nearest first) how sure the router is of it, 0 to 1."""
    found: dict[str, float] = {}
    for one in near:
        if one.label not in found:
            found[one.label] = confidence(one.cosine, model=model, against=Against.PATTERN)
    if trained is None or trained.head.model != model or _is_plain(near):
        return found
    said = evidences(near, head=trained.head, text=text, vector=vector)
    return found | {label: trained.sureness(evidence) for label, evidence in said.items()}


def _is_plain(near: Sequence[Near]) -> bool:
    """Whether there is nothing to weigh: the request repeats a rule, or one is by far the nearest."""
    if not near or near[0].cosine < CLOSE:
        return not near
    other = next((one.cosine for one in near if one.label != near[0].label), None)
    return near[0].cosine >= REPEATS or (other is not None and near[0].cosine - other >= FARTHER)


def evidences(near: Sequence[Near], *, head: Head, text: str, vector: Vectors) -> dict[str, float]:
    """For each label that the head knows what speaks for it, on an open scale."""
    logits = head.logits(text, vector)
    highest = float(logits.max())
    said = highest + math.log(float(np.exp(logits - highest).sum()))
    closest = [one.cosine for one in near[:CLOSEST]]
    whole = said + WORTH * sum(closest) / max(1, len(closest))
    shares = _shares(near)
    found = {}
    for label, share in shares.items():
        if (column := head.columns.get(label)) is not None:
            chance = (1 - NEAR) * math.exp(float(logits[column]) - said) + NEAR * share
            chance = min(_MOST, max(_LEAST, chance))
            found[label] = whole + math.log(chance / (1 - chance))
    return found


def _shares(near: Sequence[Near]) -> Mapping[str, float]:
    """What the nearest rules say by themselves; all labels together 1."""
    weights: dict[str, float] = {}
    for one in near:
        weights[one.label] = weights.get(one.label, 0.0) + math.exp(FALLS * (one.cosine - 1))
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}
