"""What a tenant chose about learning, or the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from governance.scope import Capability, Scope
from routing.learning.models import LearningSetting

LEAST_SIMILAR: Final = range(5, 10_001)
LIKENESS: Final = (Decimal("0.50"), Decimal("0.99"))


@dataclass(frozen=True, slots=True)
class Settings:
    """`least_similar` executions that are alike make a proposal; `likeness` is how alike, as the router's confidence between two
    requests; `is_automatic`: a proposed rule is in force at once."""

    least_similar: int = 50
    likeness: Decimal = Decimal("0.80")
    is_automatic: bool = False
    updated_at: datetime | None = None
    updated_by: str = ""


def settings_of(*, scope: Scope) -> Settings:
    """What holds for the tenant. Raises `NotAllowed`."""
    scope.demand(Capability.READ_RECORD, to="read what is learned")
    row = LearningSetting.objects.filter(tenant_id=scope.tenant_id).first()
    if row is None:
        return Settings()
    return Settings(row.least_similar, row.likeness, row.is_automatic, row.updated_at, row.updated_by)
