"""The tenant's scenarios and pairs: those that ship, and in their place what people wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dreams.elicitation.defaults import PAIRS, SCENARIOS
from dreams.elicitation.models import CanonicalItem
from dreams.elicitation.scenario import Item, Kind, Scenario, content_of
from governance import canonical
from governance.errors import NotFound
from governance.scope import Scope

SHIPPED: Final[Mapping[Kind, tuple[Item, ...]]] = {Kind.SCENARIO: SCENARIOS, Kind.PAIR: PAIRS}


def items(*, scope: Scope, kind: Kind | None = None) -> tuple[Item, ...]:
    """All of them, switched off too: first those that ship, in their order, then the tenant's own by age. One query."""
    rows = CanonicalItem.objects.filter(tenant_id=scope.tenant_id).order_by("id")
    written = {(row.kind, row.key): item_of(row) for row in (rows.filter(kind=kind) if kind else rows)}
    kinds = [kind] if kind else list(Kind)
    shipped = [written.pop((one, item.key), item) for one in kinds for item in SHIPPED[one]]
    return (*shipped, *written.values())


def found(*, scope: Scope, kind: Kind, key: str) -> Item:
    """One of them. Raises `NotFound`."""
    item = next((one for one in items(scope=scope, kind=kind) if one.key == key), None)
    if item is None:
        raise NotFound("There is no such scenario. The list of scenarios shows those there are.")
    return item


def shipped(kind: Kind, key: str) -> Item | None:
    """The one that ships under a key."""
    return next((one for one in SHIPPED[kind] if one.key == key), None)


def item_of(row: CanonicalItem) -> Item:
    """A row as it is asked."""
    return Item(
        key=row.key,
        content=content_of(Kind(row.kind), row.content),
        is_active=row.is_active,
        version=row.version,
        can_undo=row.previous is not None,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        updated_by_id=row.updated_by_id,
    )


def of_system(found: Iterable[Item], *, system: str) -> tuple[Item, ...]:
    """Those that are asked of a system."""
    return tuple(one for one in found if one.holds_for(system))


def digest(found: Iterable[Item]) -> str:
    """Of what is asked and expected, whatever its order."""
    said: dict[str, Any] = {f"{one.kind.value}:{one.key}": one.content.as_json() for one in found}
    return canonical.digest(said)


def scenarios(found: Iterable[Item]) -> tuple[tuple[Item, Scenario], ...]:
    """The scenarios among them."""
    return tuple((one, one.content) for one in found if isinstance(one.content, Scenario))
