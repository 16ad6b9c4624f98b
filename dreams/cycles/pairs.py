"""A dream's pairs: each request under the constitution in force and under the dream's, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from dreams.cycles.keeping import SIMILARITY
from dreams.cycles.models import Dream, DreamRun
from dreams.verdict.observed import Part
from governance.registry.models import Lifecycle
from governance.scope import Capability, Scope
from routing.executions.models import Execution
from routing.rehearsal.shapes import Hop, Ran

SHOWN: Final = ("differs", "failed")
MOST_VALUES: Final = 2_000
COMPARED: Final = ("status", "system", "verdict", "output_digest")
COMPLETED: Final = "completed"
_DESTROYED: Final = frozenset({Lifecycle.PRUNED})


@dataclass(frozen=True, slots=True)
class PairFilter:
    """Which pairs; "" is every one. `show`: `differs` in status, system, verdict or answer, or `failed` on one side alone."""

    part: str = ""
    show: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.part or self.show)


@dataclass(frozen=True, slots=True)
class Side:
    """One run. `text` is "" where there are no words, or no words any more."""

    status: str
    system: str
    action: str
    verdict: str
    verdict_sentence: str
    confidence: float | None
    duration_ms: int
    cost_usd: Decimal | None
    text: str
    why: str
    hops: tuple[Hop, ...]
    is_violation: bool


@dataclass(frozen=True, slots=True)
class PairLine:
    """One request on both sides. `normal` is None where only the dream ran. `request`: its words; `is_destroyed`: they are gone
    on every side. `differs`: in what, as words. `execution` is None where the execution is no more."""

    id: UUID
    request_key: str
    execution: UUID | None
    request: str
    part: str
    kind: str
    normal: Side | None
    dream: Side
    similarity: float | None
    is_destroyed: bool
    differs: tuple[str, ...]


def filter_of(parameters: Mapping[str, Any]) -> PairFilter:
    """What an address asks for; what there is not is left out."""
    part, show = str(parameters.get("part", "")), str(parameters.get("show", ""))
    return PairFilter(part=part if part in set(Part) else "", show=show if show in SHOWN else "")


def pairs(*, scope: Scope, dream: Dream, filter: PairFilter | None = None) -> QuerySet[DreamRun]:
    """A dream's own runs with the normal side beside them (`beside`), in the order in which they ran; slice them and give them to
    `lines_of`. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="see what a dream answered")
    asked = filter or PairFilter()
    beside = DreamRun.objects.filter(
        tenant_id=scope.tenant_id, night_id=OuterRef("night_id"), request_key=OuterRef("request_key"), dream=None
    )
    rows = DreamRun.objects.filter(tenant_id=scope.tenant_id, dream=dream)
    rows = rows.annotate(beside=Subquery(beside.values("ran")[:1]))
    if asked.part:
        rows = rows.filter(part=asked.part)
    if asked.show:
        rows = rows.annotate(**_compared())
    if asked.show == "differs":
        rows = rows.exclude(Q(**{f"own_{name}": F(f"other_{name}") for name in COMPARED}))
    elif asked.show == "failed":
        won, other = Q(own_status=COMPLETED), Q(other_status=COMPLETED)
        rows = rows.filter((won & ~other) | (other & ~won))
    return rows.order_by("id")


def lines_of(rows: Sequence[DreamRun], *, scope: Scope) -> list[PairLine]:
    """Rows of `pairs` as people read them. One query for all of them together."""
    kept = list(rows)
    known = _executions(scope, [one.request_key for one in kept])
    return [_line(one, known) for one in kept]


def requests_of(*, scope: Scope, keys: Sequence[str]) -> dict[str, str]:
    """The words of recorded requests by their keys; those that were destroyed are not in it. One query."""
    found = _executions(scope, keys)
    return {key: words for key, (words, state) in found.items() if state not in _DESTROYED}


def values(*, scope: Scope, dream: Dream) -> dict[str, tuple[list[float], list[float]]]:
    """Durations (ms) and costs (USD) of both sides, of pairs that know both; at most `MOST_VALUES`. One query."""
    rows = pairs(scope=scope, dream=dream).annotate(**_numbers())
    found: dict[str, tuple[list[float], list[float]]] = {"duration_ms": ([], []), "cost_usd": ([], [])}
    names = ("other_duration_ms", "own_duration_ms", "other_cost_usd", "own_cost_usd")
    for was, became, cost, dreamed in rows.values_list(*names)[:MOST_VALUES]:
        for name, normal, own in (("duration_ms", was, became), ("cost_usd", cost, dreamed)):
            if normal is not None and own is not None:
                found[name][0].append(normal)
                found[name][1].append(own)
    return found


def _compared() -> dict[str, Any]:
    return {
        f"{side}_{name}": Coalesce(KeyTextTransform(name, place), Value(""), output_field=CharField())
        for name in COMPARED
        for side, place in (("own", "ran"), ("other", "beside"))
    }


def _numbers() -> dict[str, Any]:
    return {
        f"{side}_{name}": Cast(KeyTextTransform(name, place), FloatField())
        for name in ("duration_ms", "cost_usd")
        for side, place in (("own", "ran"), ("other", "beside"))
    }


def _executions(scope: Scope, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    ids = [id for key in keys if (id := _uuid(key))]
    rows = Execution.objects.filter(tenant_id=scope.tenant_id, id__in=ids)
    found = rows.values_list("id", "user_request", "lifecycle_state") if ids else ()
    return {str(id): (words, state) for id, words, state in found}


def _line(row: DreamRun, known: Mapping[str, tuple[str, str]]) -> PairLine:
    words, state = known.get(row.request_key, ("", ""))
    is_destroyed = (not state and _uuid(row.request_key) is not None) or state in _DESTROYED
    own: dict[str, Any] = row.ran
    other: dict[str, Any] | None = row.beside  # type: ignore[attr-defined]
    return PairLine(
        id=row.id,
        request_key=row.request_key,
        execution=_uuid(row.request_key) if state else None,
        request="" if is_destroyed else words,
        part=row.part,
        kind=row.kind,
        normal=None if other is None else _side(other, is_destroyed=is_destroyed),
        dream=_side(own, is_destroyed=is_destroyed),
        similarity=own.get(SIMILARITY),
        is_destroyed=is_destroyed,
        differs=tuple(_differs(own, other)) if other is not None else (),
    )


def _differs(own: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    names = {"status": "outcome", "system": "system", "verdict": "verdict", "output_digest": "answer"}
    return [word for name, word in names.items() if own.get(name, "") != other.get(name, "")]


def _side(stored: dict[str, Any], *, is_destroyed: bool) -> Side:
    ran = Ran.of_json(stored)
    return Side(
        status=ran.status,
        system=ran.system,
        action=ran.action,
        verdict=ran.verdict,
        verdict_sentence="" if is_destroyed else ran.verdict_sentence,
        confidence=ran.confidence,
        duration_ms=ran.duration_ms,
        cost_usd=ran.cost_usd,
        text="" if is_destroyed else ran.text,
        why="" if is_destroyed else ran.why,
        hops=() if is_destroyed else ran.hops,
        is_violation=ran.is_violation,
    )


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
