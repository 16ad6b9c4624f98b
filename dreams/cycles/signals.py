"""What the work of the last weeks suggests: counts for the hints, the quietest hours, what past nights found. Reads only.

Each statement reads a bounded number of the newest executions, whatever the tenant's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from dreams.cycles.models import Dream, DreamBar, DreamWish
from dreams.guardrails.reading import Watched
from dreams.mutate.candidate import Changes, Origin
from dreams.mutate.hints import LowRatings, Telemetry
from dreams.mutate.search import Tried
from dreams.verdict.rules import Verdict
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import ConstitutionalAmendment
from governance.canonical import JSON
from governance.constitution import diff
from governance.scope import Scope
from routing.router.obeyed import obeyed

SINCE: Final = timedelta(days=30)
NEWEST: Final = 5_000
PAST_DREAMS: Final = 200
NEAR: Final = 0.05
"""How far from the threshold is near it."""
UNSURE: Final = 0.1
AN_HOUR: Final = 500
"""Of an hour's requests no more are counted: more is not quiet."""
DAYS: Final = 14

_OF: Final = "(e.system_id = %(system)s OR e.routing_path[1] = %(system)s)"
_AGENT: Final = "e.system_id = %(system)s"
_COUNTS: Final = f"""
WITH newest AS MATERIALIZED (
  SELECT e.status, e.user_satisfaction AS stars, e.routing_confidence AS sure,
    jsonb_path_exists(e.steps, '$[*] ? (@.step == "fell_back")') AS fell_back,
    jsonb_array_length(jsonb_path_query_array(e.steps, '$[*] ? (@.step == "retried")')) AS retries
  FROM executions e WHERE e.tenant_id = %(tenant)s AND e.started_at >= %(first)s AND e.started_at < %(at)s AND {{of}}
  ORDER BY e.started_at DESC LIMIT {NEWEST})
SELECT
  count(*) FILTER (WHERE fell_back), count(*) FILTER (WHERE fell_back AND status = 'success'),
  count(*) FILTER (WHERE sure >= %(threshold)s AND sure < %(near)s),
  count(*) FILTER (WHERE sure >= %(threshold)s AND sure < %(near)s AND status IN ('failed', 'timeout')),
  count(*) FILTER (WHERE retries > 0 AND retries >= %(retries)s),
  count(*) FILTER (WHERE retries > 0 AND retries >= %(retries)s AND status = 'success'),
  count(stars), count(*) FILTER (WHERE stars <= 2), count(*) FILTER (WHERE stars <= 2 AND sure < %(unsure)s),
  count(*) FILTER (WHERE stars <= 2 AND fell_back)
FROM newest
"""  # noqa: S608
_HOURS: Final = f"""
SELECT extract(hour FROM h.starts AT TIME ZONE 'UTC')::int, sum(found.n)::int
FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz - interval '1 hour', interval '1 hour') AS h(starts)
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
  SELECT 1 FROM executions e WHERE e.tenant_id = %(tenant)s AND e.started_at >= h.starts
    AND e.started_at < h.starts + interval '1 hour' LIMIT {AN_HOUR}) AS counted) AS found
GROUP BY 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Signals:
    """What a night's candidates are drawn from."""

    telemetry: Telemetry
    ratings: LowRatings
    history: tuple[Tried, ...]
    barred: tuple[Changes, ...]
    wishes: tuple[DreamWish, ...]


def signals(*, scope: Scope, watched: Watched, document: Mapping[str, JSON], at: datetime) -> Signals:
    """Everything that suggests something about one system. Five queries, in the caller's tenant transaction."""
    telemetry, ratings = _counted(watched, document, at=at)
    return Signals(
        telemetry=telemetry,
        ratings=ratings,
        history=history(scope=scope, system_id=watched.system_id),
        barred=barred(scope=scope, system_id=watched.system_id),
        wishes=tuple(open_wishes(scope=scope, system_id=watched.system_id)),
    )


def hours(*, scope: Scope, at: datetime) -> list[int]:
    """Requests of each hour of the day (UTC) in the last two weeks. One query of 336 short walks along an index."""
    last = at.replace(minute=0, second=0, microsecond=0)
    counts = [0] * 24
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, {"tenant": scope.tenant_id, "first": last - timedelta(days=DAYS), "last": last})
        for hour, count in cursor.fetchall():
            counts[hour] = count
    return counts


def history(*, scope: Scope, system_id: UUID) -> tuple[Tried, ...]:
    """What past dreams gained on the seen part, the newest first; the dummies and what was invalid say nothing."""
    rows = Dream.objects.filter(tenant_id=scope.tenant_id, system_id=system_id, gain_seen__isnull=False)
    rows = rows.exclude(origin=Origin.DUMMY.value).exclude(verdict=Verdict.INVALID.value).order_by("-dreamed_at")
    return tuple(
        Tried(changes, float(gain or 0.0)) for changes, gain in rows.values_list("mutations", "gain_seen")[:PAST_DREAMS]
    )


def barred(*, scope: Scope, system_id: UUID) -> tuple[Changes, ...]:
    """What must not come again: what somebody said never again of, and what a promotion changed that was rolled back."""
    named = DreamBar.objects.filter(tenant_id=scope.tenant_id, system_id=system_id, lifted_at=None)
    undone = ConstitutionalAmendment.objects.filter(
        tenant_id=scope.tenant_id,
        system_id=system_id,
        amendment_type=AmendmentType.DREAM_PROMOTION.value,
        rolled_back_at__isnull=False,
    ).order_by("-rolled_back_at")[:PAST_DREAMS]
    return (*named.values_list("changes", flat=True), *(_changes(one) for one in undone))


def open_wishes(*, scope: Scope, system_id: UUID) -> list[DreamWish]:
    """What people asked to be tested and was not yet, the oldest first."""
    rows = DreamWish.objects.filter(
        tenant_id=scope.tenant_id, system_id=system_id, dream=None, withdrawn_at=None, refused_because=""
    )
    return list(rows.order_by("asked_at", "id"))


def _changes(undone: ConstitutionalAmendment) -> dict[str, JSON]:
    """What an amendment set, by pointer."""
    found = diff.changes(undone.old_constitution, undone.new_constitution)
    return {one.pointer: one.new for one in found}


def _counted(watched: Watched, document: Mapping[str, JSON], *, at: datetime) -> tuple[Telemetry, LowRatings]:
    law = obeyed("", document)
    values: dict[str, Any] = {
        "tenant": watched.tenant_id,
        "system": watched.system_id,
        "first": at - SINCE,
        "at": at,
        "threshold": law.threshold,
        "near": law.threshold + NEAR,
        "unsure": law.threshold + UNSURE,
        "retries": max(law.max_retries, 1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(of=_OF if watched.is_router else _AGENT), values)
        fell, won, above, lost, last, last_won, rated, low, unsure, waited = cursor.fetchone()
    telemetry = Telemetry(
        fallbacks=fell,
        fallbacks_won=won,
        just_above=above,
        just_above_lost=lost,
        last_retries=last,
        last_retries_won=last_won,
    )
    return telemetry, LowRatings(rated=rated, low=low, low_and_unsure=unsure, low_and_waited=waited)
