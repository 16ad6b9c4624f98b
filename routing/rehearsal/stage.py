"""Laws made ready to be tried side by side: who would be asked, under which constitution, and how those agents are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing.budgets.models import Price
from billing.budgets.prices import Priced, in_force
from governance import canonical
from governance.canonical import JSON
from governance.errors import DomainError
from governance.registry.models import SystemVersion
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.connectors.calling import Opened, open_connector
from routing.connectors.contract import Law
from routing.connectors.models import Connector
from routing.connectors.queries import only_reads
from routing.embeddings.embedder import Embedder, Vectors
from routing.router.nearest import Standing
from routing.router.serving import embedder_of
from routing.whatif import sides
from routing.whatif.changed import Changed
from routing.whatif.scoring import Side

MOST_VECTORS: Final = 5_000
Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Way:
    """How one system is reached; `opened` is why it cannot be, where that is so. `reads` remembers which of its tools only
    read."""

    connector_id: UUID
    opened: Opened | DomainError
    reads: dict[str, bool] = field(default_factory=dict)


@dataclass
class Stage:
    """Several laws over one ground. `documents`: by side, the constitution of `system` that holds there; None: the one in force.

    Not for several threads at once: it remembers vectors and ways as it goes.
    """

    scope: Scope
    system: str
    documents: Mapping[str, Mapping[str, JSON] | None]
    laws: Mapping[str, Side]
    embedder: Embedder
    prices: Prices
    _vectors: dict[str, Vectors] = field(default_factory=dict)
    _ways: dict[UUID, Way | None] = field(default_factory=dict)
    _in_force: dict[UUID, Law] = field(default_factory=dict)
    _changed: dict[str, Law] = field(default_factory=dict)

    def vector(self, text: str) -> Vectors:
        """The vector of a request's words."""
        if text not in self._vectors:
            if len(self._vectors) >= MOST_VECTORS:
                self._vectors.clear()
            self._vectors[text] = self.embedder.embed([text])[0]
        return self._vectors[text]

    def constitutions(self, side: str) -> dict[str, Any]:
        """What the rulebook is asked with instead of what is in force."""
        document = self.documents[side]
        return {} if document is None else {self.system: document}

    def way(self, system_id: UUID, *, at: datetime) -> Way | None:
        """How a system is reached; None where nobody has said so. Secrets are opened once."""
        if system_id not in self._ways:
            self._ways[system_id] = self._found(system_id, at=at)
        return self._ways[system_id]

    def only_reads(self, way: Way, tool: str) -> bool:
        """Whether the approved definition of the tool says that it changes nothing."""
        if tool not in way.reads:
            with in_tenant(self.scope.tenant_id):
                way.reads[tool] = only_reads(scope=self.scope, connector_id=way.connector_id, tool=tool)
        return way.reads[tool]

    def law_of(self, side: str, one: Standing) -> Law:
        """The constitution that an agent gets with its call."""
        document = self.documents[side]
        if one.name != self.system or document is None:
            return self._law_in_force(one.id)
        if side not in self._changed:
            version = f"{self._law_in_force(one.id).version}+{side}"
            self._changed[side] = Law(dict(document), version, canonical.digest(dict(document)))
        return self._changed[side]

    def _law_in_force(self, system_id: UUID) -> Law:
        if system_id not in self._in_force:
            with in_tenant(self.scope.tenant_id):
                rows = SystemVersion.objects.filter(tenant_id=self.scope.tenant_id, system_id=system_id)
                version = rows.order_by("-number").only("number", "digest", "canonical")[0]
            document = canonical.loads_canonical(bytes(version.canonical))
            self._in_force[system_id] = Law(document, str(version.number), version.digest)
        return self._in_force[system_id]

    def _found(self, system_id: UUID, *, at: datetime) -> Way | None:
        with in_tenant(self.scope.tenant_id):
            rows = Connector.objects.filter(tenant_id=self.scope.tenant_id, system_id=system_id)
            id = rows.values_list("id", flat=True).first()
        if id is None:
            return None
        try:
            return Way(id, open_connector(tenant_id=self.scope.tenant_id, connector_id=id, at=at))
        except DomainError as refused:
            return Way(id, refused)


def staged(*, scope: Scope, system: str, documents: Mapping[str, Mapping[str, JSON] | None], at: datetime) -> Stage:
    """Make each side of `documents` ready, in one transaction; embeds what a changed constitution lets its system do newly.

    Raises `GiveUp` where there are more rules than fit into memory.
    """
    embedder = embedder_of(tenant_id=scope.tenant_id)
    with in_tenant(scope.tenant_id):
        asked = Changed(system, {}, "", "")
        ground = sides.ground(scope=scope, model=embedder.model, changed=asked)
        rows = Price.objects.filter(tenant_id=scope.tenant_id, from_at__lte=at)
        prices = in_force((Priced(one.measure, one.model, one.usd, one.from_at) for one in rows), at=at)
    today = sides.today(ground, dimensions=embedder.dimensions)
    laws = {
        name: today
        if document is None
        else sides.under_document(today, ground, changed=Changed(system, document, "", ""), embedder=embedder)
        for name, document in documents.items()
    }
    return Stage(scope, system, documents, laws, embedder, prices)
