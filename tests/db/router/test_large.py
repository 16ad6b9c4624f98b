"""Twenty tenants: the nearest rules of one are found as well as by looking at all of them, and always as many as asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from governance.ids import new_id
from governance.registry.models import System
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.router import large, nearest
from routing.router.models import RoutingRule
from tests import factories as make

IS_FULL = os.environ.get("TARS_PROOF") == "full"
RULES, SMALL, ASKED, K = (12_000, 1_000, 200, 5) if IS_FULL else (800, 40, 40, 5)
TENANTS = 20


def rows_of(tenant_id: UUID, system_id: UUID, vectors: np.ndarray, model: str, at: datetime) -> list[RoutingRule]:
    return [
        RoutingRule(
            id=new_id(at), tenant_id=tenant_id, request_pattern=f"pattern {n}", request_embedding=vector.tolist(),
            embedding_model=model, recommended_system_id=system_id, confidence_score=1, last_validated=at, created_at=at,
            updated_at=at,
        )
        for n, vector in enumerate(vectors)
    ]  # fmt: skip


def clustered(chance: np.random.Generator, many: int, centres: np.ndarray) -> np.ndarray:
    found = centres[chance.integers(0, len(centres), many)] + 0.04 * chance.standard_normal((many, 384))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    chance, model = np.random.default_rng(17), current().model
    with django_db_blocker.unblock():
        casts = [make.cast()] + [make.cast() for _ in range(TENANTS - 1)]
        centres = chance.standard_normal((40, 384))
        for place, one in enumerate(casts):
            vectors = clustered(chance, SMALL if place else RULES, centres)
            if not place:
                kept = vectors
            with in_tenant(one.tenant.id):
                system_id = System.objects.get(tenant_id=one.tenant.id).id
                rows = rows_of(one.tenant.id, system_id, vectors, model, make.AT)
                RoutingRule.objects.bulk_create(rows, batch_size=500)
        assert large.keep_index(tenant_id=casts[0].tenant.id, least=RULES) == 1
        asked = clustered(chance, ASKED, centres)
        yield {"cast": casts[0], "others": casts[1:], "vectors": kept, "asked": asked, "model": model}
        for one in casts:
            with in_tenant(one.tenant.id):
                RoutingRule.objects.filter(tenant_id=one.tenant.id).update(is_active=False)
            large.keep_index(tenant_id=one.tenant.id)


def _planned_as_if_large() -> None:
    """Twelve thousand rules are planned over the tenant's index by themselves; eight hundred need this to be."""
    if not IS_FULL:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )


def found(scope: Any, vector: np.ndarray, model: str, most: int = K) -> list[nearest.NearRule]:
    with in_tenant(scope.tenant_id):
        _planned_as_if_large()
        return nearest.searched(scope=scope, vector=vector, model=model, most=most)


def test_recall__at_5__is_95_of_100_of_exact(crowd: dict[str, Any]) -> None:
    hits = 0
    for vector in crowd["asked"]:
        exact = np.argsort(-(crowd["vectors"] @ vector))[:K]
        near = found(crowd["cast"].bo, vector, crowd["model"])
        assert len(near) == K
        hits += len({f"pattern {n}" for n in exact} & {one.pattern for one in near})
    assert hits / (K * ASKED) >= 0.95


def test_plan__uses_the_tenants_own_index(crowd: dict[str, Any]) -> None:
    tenant_id = crowd["cast"].tenant.id
    with in_tenant(tenant_id), connection.cursor() as cursor:
        _planned_as_if_large()
        statement = nearest._RULES.format(n=384).replace("SELECT r.id", "EXPLAIN SELECT r.id", 1)
        values = {"q": nearest.written(crowd["asked"][0]), "tenant": tenant_id, "model": crowd["model"], "most": K}
        cursor.execute(statement, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"routing_near_{tenant_id.hex}" in plan, plan


def test_rows__as_many_as_there_are__also_after_most_were_turned_off(crowd: dict[str, Any]) -> None:
    cast, vector = crowd["others"][0], crowd["asked"][0]
    assert len(found(cast.bo, vector, crowd["model"], most=16)) == 16
    with in_tenant(crowd["cast"].tenant.id):
        tail = RoutingRule.objects.filter(tenant_id=crowd["cast"].tenant.id, request_pattern__gt="pattern 3")
        ids = list(tail.values_list("id", flat=True))
        RoutingRule.objects.filter(id__in=ids).update(is_active=False)
        left = RoutingRule.objects.filter(tenant_id=crowd["cast"].tenant.id, is_active=True).count()
    try:
        assert len(found(crowd["cast"].bo, vector, crowd["model"], most=16)) == 16 <= left
    finally:
        with in_tenant(crowd["cast"].tenant.id):
            RoutingRule.objects.filter(id__in=ids).update(is_active=True)


def test_index__few_rules__is_dropped_and_made_again(crowd: dict[str, Any]) -> None:
    tenant_id = crowd["cast"].tenant.id
    assert large.keep_index(tenant_id=tenant_id, least=RULES) == 1
    assert large.keep_index(tenant_id=tenant_id, least=10 * RULES) == 0
    assert large.keep_index(tenant_id=tenant_id, least=RULES + 1) == 0
    assert large.keep_index(tenant_id=tenant_id, least=RULES) == 1
    assert large.keep_index(tenant_id=crowd["others"][0].tenant.id, least=RULES) == 0
