"""How long the tenant keeps what is archived; what a change would do is counted before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from governance.errors import Invalid, NotAllowed
from governance.identity.confirm import Confirmation, demand_fresh
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason, keep_retention_within
from governance.tenants.models import Tenant
from routing.lifecycle import ages
from routing.lifecycle.moving import EVENT
from routing.lifecycle.sums import groups

YEARS: Final = range(1, 101)

_PREVIEW: Final = f"""
WITH {groups(years="%(years)s")}
SELECT coalesce(sum(away) FILTER (WHERE will <> was), 0),
  coalesce(sum(away - held) FILTER (WHERE will <= %(at)s AND was > %(at)s), 0), coalesce(sum(held), 0),
  coalesce(sum(away) FILTER (WHERE will = was), 0) FROM groups
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do. It destroys nothing by itself: `due` is what a person could destroy at once and cannot now."""

    years: int
    was: int
    moves: int
    due: int
    held: int
    stays: int
    """A constitution keeps these longer than either number of years."""

    @property
    def sentence(self) -> str:
        return f"{self.moves:,} move, 0 pruned, {self.held:,} held"


def preview(*, scope: Scope, years: int, at: datetime) -> Preview:
    """The dry run of a change, in the caller's tenant transaction: two queries over sums. Raises `NotAllowed`, `Invalid`."""
    scope.demand(Capability.READ_RECORD, to="see what a retention would do")
    _demand_years(years)
    with connection.cursor() as cursor:
        cursor.execute(_PREVIEW, {"tenant": scope.tenant_id, "years": years, "at": at})
        moves, due, held, stays = map(int, cursor.fetchone())
    was = Tenant.objects.values_list("retention_years", flat=True).get(id=scope.tenant_id)
    return Preview(years, was, moves, due, held, stays)


@governed("lifecycle.change_retention")
def change(*, scope: Scope, years: int, reason: str, confirmation: Confirmation, at: datetime) -> Preview:
    """Keep what is archived for so many years; returns what that did. Constitutions that ask for longer win.

    Raises `NotAllowed`, `NotConfirmed`, `ReasonMissing`, `Invalid`.
    """
    scope.demand(Capability.RETAIN, to="change the retention")
    if scope.grants is not None:
        raise NotAllowed("A person changes the retention, signed in; a token does not.")
    demand_fresh(confirmation, user_id=scope.person_id, at=at)
    reason = demand_reason(reason, why="the retention changes")
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    did = preview(scope=scope, years=years, at=at)
    if did.was == years:
        raise Invalid(
            f"The retention is {ages.years_said(years)} already.", problems=(("/years", "is what it is now"),)
        )
    keep_retention_within(tenant=tenant, years=years)
    ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": "lifecycle.change_retention",
            "subject": tenant.name,
            "before": did.was,
            "after": years,
            "moves": did.moves,
            "held": did.held,
            "reason": reason,
            "confirmed_with": confirmation.method,
        },
        explanation=f"{tenant.name} keeps what is archived for {ages.years_said(years)} instead of {did.was} "
        f"({did.sentence}): {reason}",
    )
    return did


def _demand_years(years: int) -> None:
    if years not in YEARS:
        raise Invalid("The retention is 1 to 100 years.", problems=(("/years", "is not 1 to 100"),))
