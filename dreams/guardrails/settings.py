"""What a tenant chose: how long an amendment is watched, and what each trigger does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dreams.guardrails import triggers
from dreams.guardrails.models import GuardrailSetting
from dreams.guardrails.triggers import Rule, Trigger
from governance.errors import Invalid
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenants.actions import demand_reason
from governance.tenants.models import Tenant

TO: Final = "change the guardrails"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`updated_by` is "" for what nobody changed yet."""

    days: int
    rules: tuple[Rule, ...]
    updated_at: datetime | None = None
    updated_by: str = ""

    @property
    def by_trigger(self) -> dict[Trigger, Rule]:
        return {rule.trigger: rule for rule in self.rules}

    def as_json(self) -> dict[str, Any]:
        return {"days": self.days, "rules": triggers.as_kept(self.rules)}


def chosen(*, scope: Scope) -> Chosen:
    """The tenant's, or the defaults. One query."""
    row = GuardrailSetting.objects.filter(tenant_id=scope.tenant_id).first()
    if row is None:
        return Chosen(triggers.DEFAULT_DAYS, triggers.DEFAULTS)
    return Chosen(row.days, triggers.rules_of(row.rules), row.updated_at, row.updated_by)


@governed("guardrails.change_settings")
def change(*, scope: Scope, days: int | None, rules: Mapping[Trigger, Rule], reason: str, at: datetime) -> Chosen:
    """Watch for so many days by these rules; what is not given stays. It holds for what is applied from now on.

    Raises `NotAllowed`, `Invalid` (by pointer), `ReasonMissing`.
    """
    scope.demand(Capability.GRANT_AUTHORITY, to=TO)
    reason = demand_reason(reason, why="the guardrails change")
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=scope.tenant_id)
    before = chosen(scope=scope)
    days = before.days if days is None else days
    after = Chosen(days, tuple(rules.get(one.trigger, one) for one in before.rules), at, scope.actor.name)
    _check(after)
    if (before.days, before.rules) == (after.days, after.rules):
        raise Invalid("That is how the guardrails stand already. Change something first.")
    GuardrailSetting.objects.update_or_create(
        tenant_id=scope.tenant_id,
        defaults={
            "days": days,
            "rules": triggers.as_kept(after.rules),
            "updated_at": at,
            "updated_by": scope.actor.name,
        },
        create_defaults={
            "id": new_id(at),
            "days": days,
            "rules": triggers.as_kept(after.rules),
            "updated_at": at,
            "updated_by": scope.actor.name,
        },
    )
    ledger.append(
        scope=scope,
        at=at,
        event_type="guardrail",
        action={
            "name": "guardrails.change_settings",
            "subject": tenant.name,
            "before": before.as_json(),
            "after": after.as_json(),
            "reason": reason,
        },
        explanation=f"{scope.actor.name} changed the guardrails of {tenant.name}: {reason}",
        rules_applied=["guardrails"],
    )
    return after


def _check(wish: Chosen) -> None:
    wrong = [(f"/rules/{one.trigger.value}", said) for one in wish.rules if (said := triggers.fault(one))]
    if wish.days not in triggers.DAYS:
        wrong.append(("/days", f"is {triggers.DAYS.start} to {triggers.DAYS.stop - 1}"))
    if wrong:
        raise Invalid("The guardrails cannot be like that.", problems=tuple(wrong))
