"""What a hold's work really used: charged, priced, recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing.budgets import amounts as exactly
from billing.budgets import moves
from billing.budgets.errors import HoldClosed
from billing.budgets.holds import asked, demand_own, found
from billing.budgets.kinds import USD
from billing.budgets.models import MoveKind, Price, Reservation
from billing.budgets.preparing import prepare_within
from billing.budgets.prices import Priced, dollars, in_force
from billing.budgets.usage import Usage
from billing.budgets.windows import starts_of
from governance import sql
from governance.errors import NotFound
from governance.keys.actions import Signer
from governance.ledger.verbs import governed
from governance.scope import Scope

_PRICED: Final = """
SELECT h.id, h.tenant_id, h.system_id, h.amounts, h.held_at, (
  SELECT jsonb_agg(jsonb_build_array(p.measure, p.model, p.usd::text)) FROM (
    SELECT DISTINCT ON (measure, model) measure, model, usd FROM prices
    WHERE tenant_id = h.tenant_id AND from_at <= h.held_at ORDER BY measure, model, from_at DESC) p) AS prices
FROM reservations h WHERE h.tenant_id = {tenant} AND h.id = {hold}
"""
_ONE: Final = _PRICED.format(tenant="%s", hold="%s")
PRICED: Final = f"(SELECT to_jsonb(p) FROM ({_PRICED.format(tenant='r.tenant_id', hold='r.hold_id')}) p)"  # noqa: S608
"""The hold of a row `r`, with the prices of when it was set aside, for a statement that reads more; `priced` takes it."""
Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was charged. `actual` holds what the work used (the whole hold, where that is unknown), `overshoot` what of it no
    budget had free; `is_priced` is false where dollars are the hold's because a price or a measure was unknown."""

    hold_id: UUID
    actual: Mapping[str, Decimal]
    overshoot: Mapping[str, Decimal]
    is_priced: bool
    is_new: bool


def settle_within(*, scope: Scope, hold_id: UUID, usage: Usage, at: datetime, signer: Signer | None = None) -> Settled:
    """Charge what was used, also after the hold expired or was released, by the prices of when it was set aside.

    So a price that changes meanwhile is for the next hold, and the same usage again gives the same answer. `signer`: TARS's,
    where it was read in this transaction.

    Raises `NotFound`, `HoldClosed`.
    """
    hold, prices = _priced(scope, hold_id)
    return settle_hold_within(scope=scope, hold=hold, usage=usage, prices=prices, at=at, signer=signer)


def settle_hold_within(
    *,
    scope: Scope,
    hold: Reservation,
    usage: Usage,
    prices: Prices,
    at: datetime,
    signer: Signer | None = None,
) -> Settled:
    """The same for a caller who has the hold and the prices at hand, perhaps TARS's `signer` too. Raises `HoldClosed`."""
    cost = dollars(usage, prices)
    actual = usage.amounts() if cost is None else {**usage.amounts(), USD: cost}
    actual = {name: amount for name, amount in actual.items() if amount or name in hold.amounts}
    is_priced = cost is not None or USD not in hold.amounts
    return charge_within(scope=scope, hold=hold, actual=actual, is_priced=is_priced, at=at, signer=signer)


@governed("budgets.settle", subject="hold_id")
def settle(*, scope: Scope, hold_id: UUID, usage: Usage, at: datetime) -> Settled:
    """`settle_within` for the hold's owner, its system, or who manages systems or budgets. Raises `NotYours`."""
    demand_own(scope, found(scope, hold_id), to="settle this hold")
    return settle_within(scope=scope, hold_id=hold_id, usage=usage, at=at)


def charge_within(
    *,
    scope: Scope,
    hold: Reservation,
    actual: Mapping[str, Decimal],
    is_priced: bool,
    at: datetime,
    signer: Signer | None = None,
) -> Settled:
    """Charge amounts by type; a type of the hold that is not stated is charged whole. Raises `HoldClosed`."""
    texts = exactly.texts({name: exactly.exact(v, name=name, least=Decimal(0)) for name, v in actual.items()})
    if not set(texts) <= set(hold.amounts):
        prepare_within(tenant_id=scope.tenant_id, system_id=hold.system_id, at=hold.held_at)
    answer = asked(
        "SELECT tars_settle(%s, %s, %s, %s, %s, %s, %s, %s)",
        [scope.tenant_id, hold.id, json.dumps(texts), is_priced, scope.actor.name, "", at, starts_of(hold.held_at)],
    )
    if answer["outcome"] == "none":
        raise NotFound("There is no such hold.")
    if answer["outcome"] == "kept":
        return _kept(answer["hold"], wanted={**hold.amounts, **texts})
    said = {
        "by": scope.actor.name,
        "actual": answer["actual"],
        "overshoot": answer["overshoot"],
        "is_priced": is_priced,
        "lines": answer["lines"],
    }
    signer = signer or moves.signer_of(scope.tenant_id, at=at, is_fresh=True)
    move = moves.signed(signer=signer, kind=MoveKind.SETTLE, reservation_id=hold.id, said=said, at=at)
    moves.write([(move, hold.id)], tenant_id=scope.tenant_id, at=at)
    return Settled(
        hold.id, exactly.read(answer["actual"]), exactly.read(answer["overshoot"]), is_priced=is_priced, is_new=True
    )


def _priced(scope: Scope, hold_id: UUID) -> tuple[Reservation, Prices]:
    """A hold with the prices of when it was set aside. Raises `NotFound`."""
    hold: Any = next(iter(sql.read(Reservation, _ONE, [scope.tenant_id, hold_id])), None)
    if hold is None:
        raise NotFound("There is no such hold.")
    return hold, _prices(json.loads(hold.prices or "[]"))


def priced(text: str) -> tuple[Reservation, Prices]:
    """The same as `PRICED` found it."""
    found = json.loads(text)
    hold = sql.made(
        Reservation,
        id=UUID(found["id"]),
        tenant_id=UUID(found["tenant_id"]),
        system_id=UUID(found["system_id"]),
        amounts=found["amounts"],
        held_at=datetime.fromisoformat(found["held_at"]),
    )
    return hold, _prices(found["prices"] or [])


def _prices(rows: Iterable[tuple[str, str, str]]) -> Prices:
    return {(measure, model): Decimal(usd) for measure, model, usd in rows}


def price_table(*, scope: Scope, at: datetime) -> dict[tuple[str, str], Decimal]:
    """The tenant's prices in force at a moment."""
    rows = Price.objects.filter(tenant_id=scope.tenant_id, from_at__lte=at).order_by("measure", "model", "-from_at")
    latest = rows.distinct("measure", "model").values_list("measure", "model", "usd", "from_at")
    return in_force((Priced(*row) for row in latest), at=at)


def _kept(row: Mapping[str, Any], *, wanted: Mapping[str, str]) -> Settled:
    if row["actual"] != wanted:
        raise HoldClosed("This hold was settled with other amounts already. What it was charged stays.")
    over = exactly.read(row["overshoot"])
    return Settled(UUID(row["id"]), exactly.read(row["actual"]), over, is_priced=row["is_priced"], is_new=False)
