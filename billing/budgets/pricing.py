"""The tenant's price table: what one unit costs from a moment on. History is kept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.budgets.errors import BadPrice, PriceThere
from billing.budgets.models import Measure, Price
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope

EVENT = "money"
PLACES = 12
WHOLE_DIGITS = 12
MODEL_LENGTH = 200


@governed("budgets.set_price", subject="measure")
def set_price(
    *, scope: Scope, measure: str, model: str = "", usd: Decimal, from_at: datetime | None = None, at: datetime
) -> Price:
    """What one unit of a measure costs in dollars, from `from_at` (or from now) on; never for what is past.

    `model` "" is for every model without a price of its own. Raises `NotAllowed`, `BadPrice`, `PriceThere`.
    """
    scope.demand(Capability.MANAGE_BUDGETS, to="set prices")
    begins, name = from_at or at, model.strip()
    _demand_price(measure, name, usd, begins=begins, at=at)
    row = Price(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        measure=measure,
        model=name,
        usd=usd,
        from_at=begins,
        set_by=scope.actor.name,
        set_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "prices_one_each" not in str(error):
            raise
        raise PriceThere("There is a price from that moment on already. Choose a later moment.") from error
    unit = Measure(measure).label.lower() + (f" of {name}" if name else "")
    action = {
        "name": "budgets.set_price",
        "subject": unit,
        "measure": measure,
        "model": name,
        "usd": format(usd, "f"),
        "from_at": begins.isoformat(),
    }
    said = f"One unit of {unit} costs {usd:f} USD from {begins:%d %B %Y at %H:%M} UTC on."
    ledger.append(scope=scope, at=at, event_type=EVENT, action=action, explanation=said)
    return row


def _demand_price(measure: str, model: str, usd: Decimal, *, begins: datetime, at: datetime) -> None:
    if measure not in Measure.values:
        raise BadPrice(f"A price is of {', '.join(Measure.values)}.", problems=(("/measure", "is unknown"),))
    if len(model) > MODEL_LENGTH or "\x00" in model:
        raise BadPrice(f"A model's name has at most {MODEL_LENGTH} characters.", problems=(("/model", "is too long"),))
    if not isinstance(usd, Decimal) or not usd.is_finite() or usd < 0:
        raise BadPrice("A price is a finite number of dollars from 0 on.", problems=(("/usd", "is not a price"),))
    exponent = usd.as_tuple().exponent
    if usd.adjusted() >= WHOLE_DIGITS or (isinstance(exponent, int) and exponent < -PLACES):
        raise BadPrice(
            f"A price has at most {WHOLE_DIGITS} digits before and {PLACES} after the point.",
            problems=(("/usd", "has too many digits"),),
        )
    if begins < at:
        raise BadPrice("A price begins now or later: what is settled stays.", problems=(("/from_at", "is past"),))
