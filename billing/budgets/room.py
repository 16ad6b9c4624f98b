"""Whether there is room for what a call may cost: read before anything is set aside, so that who cannot be paid is passed over.

INVARIANT: whoever is short here is refused by `tars_reserve` too; a window or share that is not there yet, or is to be read anew,
says nothing. The hold itself decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing.budgets.errors import NoMoney
from billing.budgets.refusing import askable, refusal
from billing.budgets.windows import starts_of
from governance import sql
from governance.scope import Scope

_SHORT: Final = """
SELECT DISTINCT ON (w.system_id) w.system_id, s.name, CASE WHEN r.id IS NULL THEN 'no_budget' ELSE 'short' END, w.type,
  r.window_type, r.window_end, coalesce(h.quota - h.used - h.reserved < r.available, false),
  least(r.available, h.quota - h.used - h.reserved), w.amount
FROM unnest(%(systems)s::uuid[], %(types)s::text[], %(amounts)s::numeric[]) w (system_id, type, amount)
JOIN systems s ON s.tenant_id = %(tenant)s AND s.id = w.system_id
LEFT JOIN resources r ON r.tenant_id = s.tenant_id AND r.resource_type = w.type
  AND r.window_start = ANY(%(starts)s::timestamptz[]) AND r.window_end > %(at)s
LEFT JOIN system_shares h ON h.tenant_id = r.tenant_id AND h.resource_id = r.id AND h.system_id = s.id
  AND h.fresh_for = s.constitution_version
WHERE w.amount > r.available OR w.amount > h.quota - h.used - h.reserved OR (
  r.id IS NULL AND w.type = 'usd_budget' AND NOT EXISTS (
    SELECT FROM budget_plans p WHERE p.tenant_id = s.tenant_id AND p.resource_type = w.type AND p.is_active AND p.is_limit))
ORDER BY w.system_id, r.id
"""
_ANSWER: Final = ("outcome", "type", "window", "ends_at", "is_quota", "free", "wanted")


def short(*, scope: Scope, wanted: Mapping[UUID, Mapping[str, Decimal]], at: datetime) -> dict[UUID, NoMoney]:
    """Of these systems, those for which what they want cannot be set aside now, each with what blocks and whom to ask.

    Inside the tenant's transaction; one query, and one more where somebody is short.
    """
    rows = [(id, type, amount) for id, amounts in wanted.items() for type, amount in amounts.items() if amount]
    if not rows:
        return {}
    systems, types, amounts = (sql.array(column) for column in zip(*rows, strict=True))
    values: dict[str, Any] = {"systems": systems, "types": types, "amounts": amounts, "tenant": scope.tenant_id}
    found = sql.rows(_SHORT, {**values, "starts": sql.array(starts_of(at)), "at": at})
    asked = askable(scope=scope) if found else ""
    return {id: _refusal(id, name, rest, asked=asked, scope=scope) for id, name, *rest in found}


def _refusal(id: UUID, name: str, said: list[object], *, asked: str, scope: Scope) -> NoMoney:
    answer = dict(zip(_ANSWER, said, strict=True))
    if answer["outcome"] == "short":
        answer |= {"ends_at": str(answer["ends_at"]), "free": str(answer["free"]), "wanted": str(answer["wanted"])}
    return refusal(answer, scope=scope, system_id=id, system=name, asked=asked)
