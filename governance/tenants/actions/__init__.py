"""The verbs about tenants. One module per matter."""

from governance.tenants.actions.common import DomainTaken, ReasonMissing, demand_reason, next_number
from governance.tenants.actions.contract import (
    BudgetInUse,
    NotOpen,
    SeatsInUse,
    change_contract,
    deactivate,
    reactivate,
)
from governance.tenants.actions.open import open_tenant
from governance.tenants.actions.record import FIXABLE, fix_tenant, keep_retention_within

__all__ = [
    "FIXABLE",
    "BudgetInUse",
    "DomainTaken",
    "NotOpen",
    "ReasonMissing",
    "SeatsInUse",
    "change_contract",
    "deactivate",
    "demand_reason",
    "fix_tenant",
    "keep_retention_within",
    "next_number",
    "open_tenant",
    "reactivate",
]
