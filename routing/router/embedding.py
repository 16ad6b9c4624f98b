"""Rules and systems get vectors of the tenant's model (`serving`): at once where it can be, within a minute otherwise.

Embedding happens outside transactions; a row takes its vector only if what was embedded still stands in it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from governance.errors import DomainError
from governance.registry import capabilities
from governance.registry.capabilities import Stale
from governance.tenancy import in_tenant
from routing.embeddings.embedder import Embedder
from routing.router.acting import HANDLE
from routing.router.models import RoutingRule
from routing.router.serving import embedder_of

log = logging.getLogger(__name__)
CHUNK: Final = 100


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers and the model that they are of."""

    numbers: list[float]
    model: str


def vector_now(text: str, *, tenant_id: UUID) -> Vector | None:
    """The vector of a text; None where the embedder does not answer, so that the minute's task makes it."""
    embedder = embedder_of(tenant_id=tenant_id)
    try:
        return Vector(embedder.embed([text.strip()])[0].tolist(), embedder.model)
    except DomainError as error:
        log.warning("a rule waits for its vector: %s", error.sentence)
        return None


def embed_rules(*, tenant_id: UUID) -> int:
    """Active rules whose vector is missing or of another model get one of the tenant's; returns how many did."""
    embedder, done = embedder_of(tenant_id=tenant_id), 0
    while rows := _stale_rules(tenant_id, embedder.model):
        done += _embedded(tenant_id, rows, embedder)
        if len(rows) < CHUNK:
            break
    return done


def embed_systems(*, tenant_id: UUID) -> int:
    """Systems whose constitution or model is another than what was embedded are embedded again; returns how many were."""
    embedder, done = embedder_of(tenant_id=tenant_id), 0
    while True:
        with in_tenant(tenant_id):
            stale = capabilities.stale(tenant_id=tenant_id, model=embedder.model, most=CHUNK)
        if stale:
            done += _kept_systems(tenant_id, stale, embedder)
        if len(stale) < CHUNK:
            return done


def text_of(name: str, description: str, capabilities: Sequence[str]) -> str:
    """What is embedded of a system: its name, description and capabilities in words; that it takes requests says nothing."""
    own = [one for one in capabilities if one != HANDLE]
    words = ", ".join(one.replace("-", " ").replace("_", " ").replace(".", " ") for one in own)
    said = f"{name.replace('-', ' ').replace('_', ' ')}. {description.strip().rstrip('.')}."
    return f"{said} Can do: {words}." if words else said


def _stale_rules(tenant_id: UUID, model: str) -> list[tuple[UUID, str]]:
    with in_tenant(tenant_id):
        rows = RoutingRule.objects.filter(tenant_id=tenant_id, is_active=True).exclude(embedding_model=model)
        return list(rows.order_by("id").values_list("id", "request_pattern")[:CHUNK])


def _embedded(tenant_id: UUID, rows: list[tuple[UUID, str]], embedder: Embedder) -> int:
    vectors: Any = embedder.embed([pattern for _, pattern in rows])
    with in_tenant(tenant_id, durable=True):
        return sum(
            RoutingRule.objects.filter(tenant_id=tenant_id, id=id, request_pattern=pattern).update(
                request_embedding=vector.tolist(), embedding_model=embedder.model
            )
            for (id, pattern), vector in zip(rows, vectors, strict=True)
        )


def _kept_systems(tenant_id: UUID, stale: Sequence[Stale], embedder: Embedder) -> int:
    vectors: Any = embedder.embed([text_of(one.name, one.description, one.capabilities) for one in stale])
    with in_tenant(tenant_id, durable=True):
        return sum(
            capabilities.keep_embedding(tenant_id=tenant_id, stale=one, numbers=vector.tolist(), model=embedder.model)
            for one, vector in zip(stale, vectors, strict=True)
        )
