"""Holds: money and other things set aside before the work, and what becomes of them.

The `…_within` functions run inside the caller's tenant transaction and gate nothing; the verbs of the same names gate and commit.
Setting aside is one round trip (`tars_reserve`, billing/migrations/0003): all budgets of every wanted type, all or none.
HAZARD: budgets stay locked until the transaction ends. One movement a transaction, and the ledger after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from billing.budgets import amounts as exactly
from billing.budgets import moves
from billing.budgets.errors import BadHold, HoldClosed, KeyTaken, NotYours
from billing.budgets.models import HoldState, MoveKind, Reservation
from billing.budgets.preparing import prepare_within
from billing.budgets.refusing import refusal
from billing.budgets.windows import starts_of
from governance import sql
from governance.errors import NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import ActorKind, Capability, Scope, system_of

LONGEST = timedelta(days=31)
KEY_LENGTH = 200
MOST_EXPIRED = 500
Subject = tuple[str, UUID]
"""What a hold is for: its kind and its id, such as `("execution", id)`."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What is set aside under a key. `is_new`: it was set aside just now; otherwise the key had it already."""

    id: UUID
    key: str
    system_id: UUID
    state: str
    amounts: Mapping[str, Decimal]
    purpose: str
    held_by: str
    held_at: datetime
    expires_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants set aside, checked; `digest` names it for its key."""

    system_id: UUID
    key: str
    amounts: Mapping[str, str]
    purpose: str
    subject_kind: str
    subject_id: UUID | None
    expires_at: datetime
    digest: str


def reserve_within(
    *,
    scope: Scope,
    system_id: UUID,
    key: str,
    amounts: Mapping[str, Decimal],
    purpose: str,
    subject: Subject | None = None,
    expires_at: datetime,
    at: datetime,
) -> Hold:
    """Set amounts aside for a system until `expires_at`. The same key and wish again give the same hold, in its state of now.

    Raises `BadAmount`, `BadHold`, `KeyTaken`, `NoMoney`, `NotFound`.
    """
    wish = _wish(system_id, key, amounts, purpose, subject, expires_at, at=at)
    answer, id = _reserved(wish, scope=scope, at=at, signer_is_fresh=False, is_prepared=False)
    if answer["outcome"] == "key":
        answer, id = _reserved(wish, scope=scope, at=at, signer_is_fresh=True, is_prepared=False)
    if answer["outcome"] == "prepare":
        prepare_within(tenant_id=scope.tenant_id, system_id=system_id, at=at)
        answer, id = _reserved(wish, scope=scope, at=at, signer_is_fresh=False, is_prepared=True)
    match answer["outcome"]:
        case "held":
            held = exactly.read(wish.amounts)
            return Hold(
                id, key, system_id, HoldState.HELD, held, purpose, scope.actor.name, at, expires_at, is_new=True
            )
        case "kept":
            return _kept(answer["hold"], wish=wish)
        case "no_system":
            raise NotFound("There is no such system.")
        case _:
            raise refusal(answer, scope=scope, system_id=system_id)


@governed("budgets.reserve", subject="key")
def reserve(
    *,
    scope: Scope,
    system_id: UUID,
    key: str,
    amounts: Mapping[str, Decimal],
    purpose: str = "",
    expires_at: datetime,
    at: datetime,
) -> Hold:
    """`reserve_within` for callers outside: needs `SPEND`; a system sets aside for itself only.

    Raises `NotAllowed`, `NotYours`, and what `reserve_within` raises.
    """
    scope.demand(Capability.SPEND, to="set money aside")
    if scope.actor.kind is ActorKind.SYSTEM and scope.actor.user_id != system_id:
        raise NotYours("A system sets money aside for itself only. Name your own system.")
    return reserve_within(
        scope=scope, system_id=system_id, key=key, amounts=amounts, purpose=purpose, expires_at=expires_at, at=at
    )


def release_within(*, scope: Scope, hold_id: UUID, because: str, at: datetime) -> bool:
    """Give everything back; says whether it was still held. A second time does nothing. Raises `NotFound`, `HoldClosed`."""
    hold = found(scope, hold_id)
    if hold.state == HoldState.SETTLED:
        raise HoldClosed("What this hold was for has been charged; there is nothing to give back.")
    return bool(_close([hold_id], state=HoldState.RELEASED, scope=scope, because=because, at=at))


@governed("budgets.release", subject="hold_id")
def release(*, scope: Scope, hold_id: UUID, because: str, at: datetime) -> bool:
    """`release_within` for its owner, or for who manages systems or budgets. Raises `NotYours`."""
    demand_own(scope, found(scope, hold_id), to="give this hold back")
    return release_within(scope=scope, hold_id=hold_id, because=because.strip()[:500], at=at)


@governed("budgets.expire_due")
def expire_due(*, scope: Scope, at: datetime) -> int:
    """Give back what dead work left: holds whose time is over; returns how many. Runs twice without harm."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS's clock does this.")
    due = Reservation.objects.filter(tenant_id=scope.tenant_id, state=HoldState.HELD, expires_at__lte=at)
    locked = due.select_for_update(skip_locked=True, no_key=True).order_by("id")
    ids = list(locked.values_list("id", flat=True)[:MOST_EXPIRED])
    return len(_close(ids, state=HoldState.EXPIRED, scope=scope, because="its time was over", at=at))


def demand_own(scope: Scope, hold: Reservation, *, to: str) -> None:
    """Raise `NotYours` unless the hold is this actor's, this system's, or the scope manages systems or budgets."""
    if not may_close(scope, held_by=hold.held_by, system_id=hold.system_id):
        raise NotYours(f"This hold is of {hold.held_by}. They, an operator or a tenant admin can {to}.")


def may_close(scope: Scope, *, held_by: str, system_id: UUID) -> bool:
    """Whether this scope may give such a hold back, or settle it."""
    is_mine = held_by == scope.actor.name
    is_of_me = bool(system_of(scope.actor)) and system_id == scope.actor.user_id
    is_own = (is_mine or is_of_me) and (scope.can(Capability.SPEND) or scope.can(Capability.REQUEST))
    return is_own or scope.can(Capability.MANAGE_SYSTEMS) or scope.can(Capability.MANAGE_BUDGETS)


def _wish(
    system_id: UUID,
    key: str,
    amounts: Mapping[str, Decimal],
    purpose: str,
    subject: Subject | None,
    expires_at: datetime,
    *,
    at: datetime,
) -> Wish:
    if not key.strip() or len(key) > KEY_LENGTH or "\x00" in key + purpose:
        raise BadHold(f"A hold needs a key of 1 to {KEY_LENGTH} characters that names it for good.")
    if not at < expires_at <= at + LONGEST:
        raise BadHold(f"A hold ends after now and within {LONGEST.days} days. Say until when it is needed.")
    texts = exactly.texts(exactly.checked(amounts))
    kind, subject_id = subject or ("", None)
    # Compared with itself only, and signed as it is: plain sorted JSON suffices, at a tenth of the cost of the canonical form.
    body = json.dumps([str(system_id), texts, purpose, kind, str(subject_id or "")]).encode()
    return Wish(system_id, key, texts, purpose, kind, subject_id, expires_at, f"sha256:{sha256(body).hexdigest()}")


_RESERVE = f"SELECT tars_reserve({', '.join(['%s'] * 20)})"


def _reserved(
    wish: Wish, *, scope: Scope, at: datetime, signer_is_fresh: bool, is_prepared: bool
) -> tuple[dict[str, Any], UUID]:
    id = new_id(at)
    signer = moves.signer_of(scope.tenant_id, at=at, is_fresh=signer_is_fresh)
    said = {
        "key": wish.key,
        "request_digest": wish.digest,
        "amounts": dict(wish.amounts),
        "system_id": str(wish.system_id),
        "by": scope.actor.name,
        "expires_at": wish.expires_at.isoformat(),
    }
    move = moves.signed(signer=signer, kind=MoveKind.RESERVE, reservation_id=id, said=said, at=at)
    return asked(
        _RESERVE,
        [
            *(scope.tenant_id, id, wish.key, wish.digest, wish.system_id, wish.subject_kind, wish.subject_id),
            *(wish.purpose, json.dumps(wish.amounts), scope.actor.name, at, wish.expires_at, starts_of(at)),
            *(signer.key_id, move.id, move.statement, move.digest, move.signer, move.signature, is_prepared),
        ],
    ), id


def _close(ids: list[UUID], *, state: HoldState, scope: Scope, because: str, at: datetime) -> list[UUID]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tars_close(%s, %s, %s, %s, %s, %s)", [scope.tenant_id, ids, state, scope.actor.name, because, at]
        )
        closed: list[UUID] = cursor.fetchone()[0]
    kind = MoveKind.EXPIRE if state is HoldState.EXPIRED else MoveKind.RELEASE
    signer = moves.signer_of(scope.tenant_id, at=at, is_fresh=True)
    said = {"by": scope.actor.name, "because": because}
    written = [(moves.signed(signer=signer, kind=kind, reservation_id=id, said=said, at=at), id) for id in closed]
    moves.write(written, tenant_id=scope.tenant_id, at=at)
    return closed


def _kept(row: Mapping[str, Any], *, wish: Wish) -> Hold:
    if row["request_digest"] != wish.digest:
        raise KeyTaken(
            f"The key {wish.key!r} names another hold already, with other amounts or for something else. Use a new key."
        )
    return Hold(
        id=UUID(row["id"]),
        key=row["key"],
        system_id=UUID(row["system_id"]),
        state=row["state"],
        amounts=exactly.read(row["amounts"]),
        purpose=row["purpose"],
        held_by=row["held_by"],
        held_at=datetime.fromisoformat(row["held_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        is_new=False,
    )


def found(scope: Scope, hold_id: UUID) -> Reservation:
    """One hold of the tenant. Raises `NotFound`."""
    hold = Reservation.objects.filter(tenant_id=scope.tenant_id, id=hold_id).first()
    if hold is None:
        raise NotFound("There is no such hold.")
    return hold


def asked(statement: str, values: list[Any]) -> dict[str, Any]:
    """What one of the functions of billing/migrations/0003 answers."""
    answer: dict[str, Any] = json.loads(sql.rows(statement, values)[0][0])
    return answer
