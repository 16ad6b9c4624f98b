"""Where a request goes, less the encoder: the nearest rules out of 1,000 and 10,000, against a product and sort in numpy.

numpy holds the vectors in memory and knows no tenants, so the ratio says what durability, walls and a round trip cost; the times
stand beside semantic-router's (performance.md d: 622 µs at 1,000, 3,767 µs at 10,000 utterances; bars 1× and 0.5× of those).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tarsweb.home import Home
from tests.bench.measure import Row, interleaved

SIZES = {1_000: 622.0, 10_000: 3_767.0 / 2}
"""Rules, and microseconds that a call may take by bar 16."""
TIMES, K, ASKED = 50, 5, 100


def bench_router(home: Home) -> list[Row]:
    """A row for each size, one for the recall of the index, and one for the whole of `choose`."""
    return [row for size, bar in SIZES.items() for row in _sized(size, bar)]


def _sized(size: int, bar: float) -> list[Row]:
    from governance.tenancy import in_tenant
    from routing.embeddings.choice import current
    from routing.router import large, nearest, resident
    from routing.router.queries import choose
    from tests import factories as make
    from tests.db.router.test_large import clustered

    chance, embedder, cast = np.random.default_rng(5), current(), make.cast()
    centres = chance.standard_normal((40, 384))
    vectors, asked = clustered(chance, size, centres), clustered(chance, ASKED, centres)
    _kept(cast, vectors, embedder.model)
    has_index = large.keep_index(tenant_id=cast.tenant.id)
    known: dict[str, Any] = {"scope": cast.bo, "model": embedder.model, "most": K}

    def ours() -> None:
        for one in asked[:TIMES]:
            nearest.rules(vector=one, **known)

    def database() -> None:
        for one in asked[:TIMES]:
            nearest.searched(vector=one, **known)

    def theirs() -> None:
        for one in asked[:TIMES]:
            scores = vectors @ one
            top = np.argpartition(scores, -K)[-K:]
            top[np.argsort(-scores[top])]

    with in_tenant(cast.tenant.id):
        ours(), theirs()
        mine, peer, _ = interleaved(ours, theirs, rounds=9)
        alone, _, _ = interleaved(database, theirs, rounds=9)
        is_kept = resident.kept(tenant_id=cast.tenant.id, model=embedder.model) is not None
        recall = _recall(lambda one: nearest.rules(vector=one, **known), vectors, asked)
        whole, _, _ = interleaved(
            lambda: choose(scope=cast.bo, text="Audit payroll", at=make.later()), theirs, rounds=9
        )
    micros = mine / TIMES * 1e6
    told = (
        f"{micros:.0f} µs ({'memory' if is_kept else 'database'}) against {peer / TIMES * 1e6:.0f} µs in numpy, by the database "
        f"alone {alone / TIMES * 1e6:.0f} µs; whole choose {whole * 1e3:.1f} ms; index {has_index}"
    )
    return [
        Row(
            f"route call less encoder, {size:,} rules: time against bar 16's {bar:.0f} µs", micros / bar, "<= 1.0", told
        ),
        Row(f"recall@5 of exact, {size:,} rules", recall, ">= 0.95", f"{ASKED} requests"),
    ]


def _recall(near: Callable[[Any], list[Any]], vectors: Any, asked: Any) -> float:
    hits = 0
    for vector in asked:
        exact = {f"pattern {place}" for place in np.argsort(-(vectors @ vector))[:K]}
        hits += len(exact & {one.pattern for one in near(vector)})
    return hits / (K * len(asked))


def _kept(cast: Any, vectors: Any, model: str) -> None:
    from governance.tenancy import in_tenant
    from routing.router.models import RoutingRule
    from tests import factories as make
    from tests.db.router.test_large import rows_of

    with in_tenant(cast.tenant.id):
        rows = rows_of(cast.tenant.id, cast.system.id, vectors, model, make.AT)
        RoutingRule.objects.bulk_create(rows, batch_size=1000)
