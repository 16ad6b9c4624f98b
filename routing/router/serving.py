"""Which embedder a tenant's requests are compared by: the one that its vectors are of.

That is the installation's, but for the time after another was chosen (`TARS_EMBEDDER`) and before every vector of the tenant has
been made anew (`switching`). Until then the former serves on, if it can still be made.

INVARIANT: all vectors of a tenant that requests are compared with change their model in one transaction, so a process that
remembers the former model finds nothing any more, and looks again. No statement is spent on it where something is found: only a
tenant that has no vectors at all pays one for each request.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection

from governance.errors import DomainError
from governance.tenancy import in_tenant
from routing.embeddings.choice import current, named
from routing.embeddings.embedder import Embedder

_MODELS: Final = """
SELECT model, count(*) FROM (
  SELECT embedding_model AS model FROM routing_rules WHERE tenant_id = %(tenant)s AND is_active AND embedding_model <> ''
  UNION ALL
  SELECT capabilities_embedding_model FROM systems WHERE tenant_id = %(tenant)s AND capabilities_embedding IS NOT NULL
    AND status <> 'archived') kept
GROUP BY model ORDER BY count(*) DESC, model
"""
_former: dict[UUID, Embedder] = {}


def likely(*, tenant_id: UUID) -> Embedder:
    """The tenant's embedder as this process knows it: the installation's, or the former one that it found last."""
    return _former.get(tenant_id) or current()


def looked_up(*, tenant_id: UUID) -> Embedder:
    """The tenant's embedder, read inside its transaction; from now on it is the likely one."""
    found = _read(tenant_id)
    if found is None:
        _former.pop(tenant_id, None)
        return current()
    _former[tenant_id] = found
    return found


def embedder_of(*, tenant_id: UUID) -> Embedder:
    """The tenant's embedder, read in a transaction of its own."""
    with in_tenant(tenant_id):
        return looked_up(tenant_id=tenant_id)


def made_by(model: str) -> Embedder:
    """The embedder that chose: the installation's, or a former one. Raises `UnknownModel`."""
    return current() if current().model == model else named(model)


def _read(tenant_id: UUID) -> Embedder | None:
    """The former embedder, where the tenant has vectors of it and none of the installation's."""
    with connection.cursor() as cursor:
        cursor.execute(_MODELS, {"tenant": tenant_id})
        models = [row[0] for row in cursor.fetchall()]
    if current().model in models:
        return None
    for model in models:
        try:
            return named(model)
        except DomainError:
            continue
    return None
