"""The story's verbs about money: prices, plans, holds and top-ups."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from billing.budgets.alerts import check_alerts
from billing.budgets.holds import reserve
from billing.budgets.models import Resource
from billing.budgets.moves import seal_due
from billing.budgets.plans import set_plan
from billing.budgets.pricing import set_price
from billing.budgets.top_ups import approve_top_up, ask_top_up, bound_of
from governance.errors import NotFound
from governance.identity.confirm import Confirmation
from governance.registry.models import System
from governance.scope import tars_scope
from governance.tenancy import in_tenant
from tarsweb.demo.script import Step

if TYPE_CHECKING:
    from tarsweb.demo.play import Player


def price(player: Player, step: Step) -> None:
    set_price(scope=player.scope(step.by), measure=step.args["measure"], usd=Decimal(step.args["usd"]), at=step.at)


def plan(player: Player, step: Step) -> None:
    """A plan of `total`; or of so much that its running window is used to the part `used`, with `free` left at least: so that it
    stands near its limit on whatever day of its window the demo is made."""
    args = step.args
    total = Decimal(args.get("total", "0"))
    if "used" in args:
        with in_tenant(player.tenant_id):
            row = _running(player, args, at=step.at)
            taken = row.used + row.reserved if row else Decimal(0)
        total = max(taken / Decimal(args["used"]), taken + Decimal(args["free"]))
    set_plan(
        scope=player.scope(step.by),
        resource_type=args["type"],
        window_type=args["window"],
        total=_round(total),
        system_quotas=args.get("quotas", {}),
        at=step.at,
    )
    check_alerts(scope=tars_scope(player.tenant_id), at=step.at)


def top_up(player: Player, step: Step) -> None:
    """Ask for a part of what may be added to a running window; with `yes` it is granted at once."""
    args = step.args
    with in_tenant(player.tenant_id):
        row = _running(player, args, at=step.at)
        if row is None:
            raise NotFound("There is no such budget to top up.")
        amount = _round(bound_of(row) * Decimal(args["part"]))
    wish = ask_top_up(scope=player.scope(step.by), resource_id=row.id, amount=amount, reason=args["reason"], at=step.at)
    if "yes" in args:
        approve_top_up(
            scope=player.scope(args["yes"]),
            number=wish.number,
            digest=wish.digest,
            confirmation=Confirmation(user_id=player.user(args["yes"]).pk, method="password", at=step.at),
            at=step.at,
        )


def hold(player: Player, step: Step) -> None:
    """Something set aside and not settled yet."""
    args: Any = step.args
    with in_tenant(player.tenant_id):
        system = (
            System.objects.filter(tenant_id=player.tenant_id, name=step.system).values_list("id", flat=True).first()
        )
    if system is None:
        raise NotFound(f"There is no system called {step.system}.")
    reserve(
        scope=player.scope(step.by),
        system_id=system,
        key=f"demo/{step.key}",
        amounts={name: Decimal(amount) for name, amount in args["amounts"].items()},
        purpose=args["purpose"],
        expires_at=args["expires_at"],
        at=step.at,
    )
    seal_due(scope=tars_scope(player.tenant_id), at=step.at)


def _running(player: Player, args: Any, *, at: datetime) -> Resource | None:
    rows = Resource.objects.filter(
        tenant_id=player.tenant_id,
        resource_type=args["type"],
        window_type=args["window"],
        window_start__lte=at,
        window_end__gt=at,
    )
    return rows.first()


def _round(amount: Decimal) -> Decimal:
    """To two figures that count, upwards: nobody plans 2,713,904 tokens."""
    step = Decimal(1).scaleb(amount.adjusted() - 2) if amount else Decimal(1)
    return (amount / step).to_integral_value(rounding=ROUND_UP) * step
