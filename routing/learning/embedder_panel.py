"""How far a tenant's vectors are with the installation's embedder, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from governance.scope import Scope
from routing.learning import reembedding
from routing.router import switching


@dataclass(frozen=True, slots=True)
class Embedded:
    """`rules` and `executions`: how far each is. `is_behind`: something is still of a former model."""

    rules: switching.Standing
    executions: reembedding.Standing | None

    @property
    def is_execution_behind(self) -> bool:
        one = self.executions
        return one is not None and (one.model != self.rules.model or one.finished_at is None)

    @property
    def is_behind(self) -> bool:
        return self.rules.is_under_way or self.is_execution_behind


def embedded(*, scope: Scope) -> Embedded:
    """How far the scope's tenant is."""
    tenant_id: UUID = scope.tenant_id
    return Embedded(switching.standing(tenant_id=tenant_id), reembedding.standing(scope=scope))
