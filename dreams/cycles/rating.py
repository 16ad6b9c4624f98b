"""Stars for both answers to a request, given blind: what a change of words is judged by, beside how like its answers are.

A wording is never scored by itself. Where a dream changes a text, its numbers alone do not make it an amendment: people compare
some of its answers first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any, Final
from uuid import UUID

from django.db.models import Avg

from dreams.cycles.models import Dream, DreamRating, DreamRun
from dreams.cycles.pairs import requests_of
from dreams.cycles.plans import Written
from dreams.cycles.settings import EVENT
from dreams.stats.betting import log_e_above
from dreams.verdict.observed import Metric, gain_bounds
from dreams.verdict.plan import Plan
from dreams.verdict.rules import Rule, Verdict
from governance.errors import Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope

STARS: Final = range(1, 6)
LEAST_RATED: Final = 5
"""So many pairs of answers have stars before a change of words may become an amendment."""
MAY_LOSE: Final = 0.2
"""Stars that the new wording may have less, as a mean."""
SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Blind:
    """The words of two answers to one request, in an order that the plan's seed tossed. `request`: what was asked, "" where that
    is destroyed; `given`: the stars this person gave already."""

    request_key: str
    request: str
    first: str
    second: str
    given: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Stars:
    """What people gave so far: pairs with stars, and both means (None without any). `log_e_better`: the logarithm of the e-value
    against "the new words are no better", valid whenever somebody looks."""

    n: int = 0
    normal: float | None = None
    dream: float | None = None
    log_e_better: float = 0.0


@governed("dreams.rate", subject="dream_id")
def rate(*, scope: Scope, dream_id: UUID, request_key: str, first: int, second: int, at: datetime) -> DreamRating:
    """Give stars to both answers as they were shown (`blind`); a second time revises the same person's.

    Raises `NotAllowed`, `NotFound` (no such dream or pair), `Invalid`.
    """
    scope.demand(Capability.PROPOSE, to="rate a dream's answers")
    if first not in STARS or second not in STARS:
        raise Invalid(
            "Give each answer one to five stars.", problems=(("/first", "is 1 to 5"), ("/second", "is 1 to 5"))
        )
    dream, plan = _found(scope, dream_id)
    if not {request_key} <= {one.request_key for one in _pairs(scope, dream, keys=[request_key])}:
        raise NotFound("This dream has no two answers to such a request.")
    normal, own = _sides(plan, request_key, first, second)
    row, is_new = DreamRating.objects.update_or_create(
        tenant_id=scope.tenant_id,
        dream=dream,
        request_key=request_key,
        rated_by=scope.actor.name,
        defaults={"normal_stars": normal, "dream_stars": own, "rated_at": at},
        create_defaults={"id": new_id(at), "normal_stars": normal, "dream_stars": own, "rated_at": at},
    )
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "dreams.rate",
            "subject": dream.system_name,
            "dream_id": str(dream.id),
            "execution_id": request_key,
            "normal_stars": normal,
            "dream_stars": own,
        },
        explanation=f"{scope.actor.name} {'gave' if is_new else 'revised the'} stars to two answers of {dream.cycle_id}, blind.",
        rules_applied=["dreams"],
    )
    return row


def blind(*, scope: Scope, dream_id: UUID) -> Sequence[Blind]:
    """Pairs of answers that differ, in the plan's seeded order; identical ones say nothing. Five queries. Raises `NotAllowed`,
    `NotFound`."""
    scope.demand(Capability.READ_RECORD, to="see a dream")
    dream, plan = _found(scope, dream_id)
    mine = DreamRating.objects.filter(tenant_id=scope.tenant_id, dream=dream, rated_by=scope.actor.name)
    given = {one.request_key: (one.normal_stars, one.dream_stars) for one in mine}
    pairs = sorted(_pairs(scope, dream), key=lambda one: plan.rank(one.request_key))[:SHOWN]
    asked = requests_of(scope=scope, keys=[one.request_key for one in pairs])
    return [_blind(plan, one, asked.get(one.request_key, ""), given.get(one.request_key)) for one in pairs]


def stars_of(*, scope: Scope, dream_id: UUID) -> Stars:
    """What people gave so far. One query."""
    rows = DreamRating.objects.filter(tenant_id=scope.tenant_id, dream_id=dream_id).values("request_key")
    rated = rows.annotate(normal=Avg("normal_stars"), own=Avg("dream_stars")).order_by()
    pairs = [(float(one["normal"]), float(one["own"])) for one in rated]
    if not pairs:
        return Stars()
    low, _high = gain_bounds(Metric.STARS)
    gains = [(own - normal) / (STARS[-1] - STARS[0]) for normal, own in pairs]
    return Stars(
        n=len(pairs),
        normal=fmean(normal for normal, _own in pairs),
        dream=fmean(own for _normal, own in pairs),
        log_e_better=log_e_above(gains, null=0.0, low=low),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page of a comparison shows. `waits`: what a change of words waits for; "" where nothing does."""

    dream: Dream
    pairs: Sequence[Blind]
    stars: Stars
    waits: str

    @property
    def can_propose(self) -> bool:
        """Whether nothing is left to wait for."""
        return is_promotable(self.dream) and not self.waits and self.dream.proposal_id is None

    @property
    def mine(self) -> int:
        """How many of the pairs this person has given stars."""
        return sum(one.given is not None for one in self.pairs)


def comparison(*, scope: Scope, dream_id: UUID) -> Comparison:
    """The page of one dream's answers. Raises `NotAllowed`, `NotFound`."""
    pairs = blind(scope=scope, dream_id=dream_id)
    dream = Dream.objects.select_related("night").get(tenant_id=scope.tenant_id, id=dream_id)
    return Comparison(dream, pairs, stars_of(scope=scope, dream_id=dream_id), waits_for(scope=scope, dream=dream))


def is_promotable(dream: Dream) -> bool:
    """Whether its plan found it worth promoting, or leaves that to people's stars."""
    return bool(dream.mutations) and (dream.verdict == Verdict.PROMOTE or dream.rule == Rule.WAITS_FOR_STARS)


def waits_for(*, scope: Scope, dream: Dream) -> str:
    """What a change of words waits for before it may become an amendment, as a sentence; "" where nothing does."""
    if not any(isinstance(value, str) for value in dream.mutations.values()):
        return ""
    found = stars_of(scope=scope, dream_id=dream.id)
    if found.n < LEAST_RATED or found.normal is None or found.dream is None:
        return f"It changes words: compare {_least(dream)} of its answers first, blind. {found.n} have stars so far."
    stars = f"people gave its answers {found.dream:.1f} stars where today's have {found.normal:.1f}"
    if dream.rule == Rule.WAITS_FOR_STARS:
        return (
            "" if found.log_e_better >= _needed(scope, dream) else f"It changes words, and {stars}: not surely better."
        )
    return f"It changes words, and {stars}." if found.dream < found.normal - MAY_LOSE else ""


def _least(dream: Dream) -> str:
    """As people are told it; one star more in each of seventeen answers is surely better at the usual alpha."""
    return "some twenty" if dream.rule == Rule.WAITS_FOR_STARS else str(LEAST_RATED)


def _needed(scope: Scope, dream: Dream) -> float:
    """The logarithm that an e-value needs: all wordings of a night that wait for stars share its alpha (Bonferroni)."""
    waiting = Dream.objects.filter(tenant_id=scope.tenant_id, night=dream.night, rule=Rule.WAITS_FOR_STARS.value)
    return -math.log(Written.of(bytes(dream.night.plan)).plan.alpha / waiting.count())


def _found(scope: Scope, dream_id: UUID) -> tuple[Dream, Plan]:
    dream = Dream.objects.select_related("night").filter(tenant_id=scope.tenant_id, id=dream_id).first()
    if dream is None:
        raise NotFound("There is no such dream.")
    return dream, Written.of(bytes(dream.night.plan)).plan


@dataclass(frozen=True, slots=True)
class _Pair:
    request_key: str
    normal: Mapping[str, Any]
    dream: Mapping[str, Any]


def _pairs(scope: Scope, dream: Dream, *, keys: Sequence[str] = ()) -> list[_Pair]:
    """Requests that both sides answered, and differently."""
    rows = DreamRun.objects.filter(tenant_id=scope.tenant_id, night=dream.night)
    rows = rows.filter(request_key__in=keys) if keys else rows
    own = dict(rows.filter(dream=dream).values_list("request_key", "ran"))
    normal = dict(rows.filter(dream=None, request_key__in=list(own)).values_list("request_key", "ran"))
    return [
        _Pair(key, normal[key], ran)
        for key, ran in own.items()
        if key in normal
        and ran["text"]
        and normal[key]["text"]
        and ran["output_digest"] != normal[key]["output_digest"]
    ]


def _blind(plan: Plan, one: _Pair, request: str, given: tuple[int, int] | None) -> Blind:
    answers = (_as_said(one.normal), _as_said(one.dream))
    first, second = answers if plan.goes_first(one.request_key) == "normal" else answers[::-1]
    return Blind(one.request_key, request, first, second, given and _sides(plan, one.request_key, *given))


def _as_said(ran: Mapping[str, Any]) -> str:
    """An answer as people read it: one thing a line, where the agent answered with things that have names."""
    output = ran.get("output")
    if not isinstance(output, dict) or any(isinstance(value, dict | list) for value in output.values()):
        return str(ran["text"])
    return "\n".join(f"{str(name).replace('_', ' ')}: {value}" for name, value in output.items())


def _sides(plan: Plan, key: str, first: int, second: int) -> tuple[int, int]:
    """From shown order to (normal, dream), and back: the toss is its own inverse."""
    return (first, second) if plan.goes_first(key) == "normal" else (second, first)
