"""The frozen set of a system as people see it: what was asked, and where a dream last made something else of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from dreams.cycles.models import RegressionRequest
from governance.registry.models import System
from governance.scope import Scope
from routing.rehearsal.reading import requests_by_id

WORDS: Final = 140
_DIFFERED: Final = """
SELECT k.key, found.cycle_id, found.ran_at, found.was, found.became, found.said
FROM unnest(%(keys)s::text[]) AS k(key) CROSS JOIN LATERAL (
  SELECT c.cycle_id, r.ran_at, n.ran ->> 'status' AS was, r.ran ->> 'status' AS became, d.said
  FROM dream_runs r
  JOIN dream_runs n ON n.tenant_id = r.tenant_id AND n.night_id = r.night_id AND n.request_key = r.request_key
    AND n.dream_id IS NULL
  JOIN dream_cycles c ON c.tenant_id = r.tenant_id AND c.id = r.night_id
  JOIN dreams d ON d.tenant_id = r.tenant_id AND d.id = r.dream_id
  WHERE r.tenant_id = %(tenant)s AND r.request_key = k.key AND c.system_id = %(system)s
    AND (r.ran ->> 'status' IS DISTINCT FROM n.ran ->> 'status'
      OR r.ran ->> 'output_digest' IS DISTINCT FROM n.ran ->> 'output_digest')
  ORDER BY r.ran_at DESC, r.id DESC LIMIT 1) AS found
"""


@dataclass(frozen=True, slots=True)
class Differed:
    """The last dream that made something else of a request. `was` and `became` are outcomes; equal where only the answer
    differed."""

    cycle_id: str
    at: datetime
    was: str
    became: str
    said: str

    @property
    def is_outcome(self) -> bool:
        return self.was != self.became


@dataclass(frozen=True, slots=True)
class Line:
    """One frozen request. `text` is empty where its words are gone: then no night can try it."""

    key: str
    text: str
    kind: str
    added_by: str
    added_at: datetime
    differed: Differed | None


def lines(*, scope: Scope, system: System) -> list[Line]:
    """The set in the order in which it grew. Three queries."""
    rows = RegressionRequest.objects.filter(tenant_id=scope.tenant_id, system_id=system.id, removed_at=None)
    found = list(rows.order_by("added_at", "id"))
    keys = [one.request_key for one in found]
    asked = {one.key: one for one in requests_by_id(scope=scope, ids=keys)}
    differed = _differed(scope, system, keys)
    return [
        Line(
            key=one.request_key,
            text=asked[one.request_key].text[:WORDS] if one.request_key in asked else "",
            kind=asked[one.request_key].kind if one.request_key in asked else "",
            added_by=one.added_by,
            added_at=one.added_at,
            differed=differed.get(one.request_key),
        )
        for one in found
    ]


def _differed(scope: Scope, system: System, keys: Sequence[str]) -> Mapping[str, Differed]:
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERED, {"tenant": scope.tenant_id, "system": system.id, "keys": list(keys)})
        return {key: Differed(*rest) for key, *rest in cursor.fetchall()}
