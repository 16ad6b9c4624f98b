"""Why money could not be set aside, as a sentence that says whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.budgets.amounts import at_least, said
from billing.budgets.errors import NoMoney
from billing.budgets.models import WindowType
from governance.identity.models import User
from governance.identity.queries import able
from governance.registry.models import System
from governance.scope import Capability, Scope

NAMED = 3


def refusal(answer: Mapping[str, Any], *, scope: Scope, system_id: UUID, system: str = "", asked: str = "") -> NoMoney:
    """The error for an answer of `tars_reserve` that set nothing aside.

    `system` and `asked` (who can raise a budget) are read where the caller does not know them.
    """
    asked = asked or askable(scope=scope)
    if answer["outcome"] != "short":
        return NoMoney(
            f"There is no dollar budget here, so nothing can be spent. Ask {asked} for a plan.", link="/budgets/"
        )
    name, wanted = answer["type"], said(answer["type"], Decimal(answer["wanted"]))
    free = at_least(name, Decimal(answer["free"]))
    window = str(WindowType(answer["window"]).label).lower()
    ends = datetime.fromisoformat(answer["ends_at"])
    whose = "budget"
    if answer["is_quota"]:
        system = system or System.objects.values_list("name", flat=True).get(tenant_id=scope.tenant_id, id=system_id)
        whose = f"quota of {system}"
    return NoMoney(
        f"The {window} {whose} has {free} free and {wanted} were wanted. It begins anew on {ends:%d %B at %H:%M} UTC. "
        f"Until then ask {asked} for more.",
        link="/budgets/",
    )


def askable(*, scope: Scope) -> str:
    """Who can raise a budget, by name; the owner of the installation where nobody can."""
    ids = able(scope=scope, to=Capability.MANAGE_BUDGETS)[:NAMED]
    people = User.objects.filter(id__in=ids).order_by("email").values_list("name", "email")
    return " or ".join(name or email for name, email in people) or "the owner of this TARS installation"
