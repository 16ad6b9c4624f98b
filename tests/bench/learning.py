"""A night of learning over executions that were not looked at: time against reading the same vectors, multiplied in numpy."""

from __future__ import annotations

import resource
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from tarsweb.home import Home
from tests.bench.measure import Row, seconds

EXECUTIONS: Final = 10_000
KINDS: Final = 200


def bench_learning(home: Home) -> list[Row]:
    """One night, and the most memory that this process ever took."""
    from routing.embeddings.choice import current
    from routing.learning.night import learn
    from tests import factories as make
    from tests.db.routing.learning import desk

    cast = desk.cast()
    model = current().model
    _done(cast, model)
    peer = seconds(lambda: _plain(cast))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told: list[Any] = []
    mine = seconds(lambda: told.append(learn(scope=cast.tars, model=model, night=date(2026, 1, 1), at=make.later(90))))
    found = told[0]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = (
        f"{mine:.1f} s for {found.considered.counted:,} executions ({mine / EXECUTIONS * 1e3:.2f} ms each), "
        f"{len(found.tally.proposed)} proposed, {found.tally.left} left; peak {before:.0f} → {after:.0f} MB; plain {peer:.1f} s"
    )
    return [Row(f"a night over {EXECUTIONS:,} executions: time over reading them plainly", mine / peer, "", said)]


def _done(cast: Any, model: str) -> None:
    """Executions in so many kinds of one size, written in batches."""
    from tests import factories as make
    from tests.db.routing.learning import desk

    chance = np.random.default_rng(3)
    centres = chance.standard_normal((KINDS, 384))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for start in range(0, EXECUTIONS, 1_000):
        rows = np.repeat(centres, 1_000 // KINDS, axis=0) + chance.standard_normal((1_000, 384)) * 0.02
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        texts = [f"Request {start + n}" for n in range(1_000)]
        desk.done(cast.tars, texts, at=make.AT + timedelta(minutes=start // 1_000), vectors=rows.astype(np.float32))


def _plain(cast: Any) -> None:
    from django.db import connection

    from governance.tenancy import in_tenant

    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT request_embedding::text FROM executions WHERE tenant_id = %s", [cast.tenant.id])
        vectors = np.array([np.array(row[0][1:-1].split(","), np.float32) for row in cursor.fetchall()])
    vectors @ vectors[:KINDS].T
