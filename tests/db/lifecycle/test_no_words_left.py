"""Of a destroyed execution no word is left: every table and every file is searched for what was said, answered and written of it.

A new table or file in which such words stand fails here, until pruning takes them away or a reason is given below.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from psycopg import sql

from governance.exports import actions as exports
from governance.tenancy import in_tenant
from routing.executions.afterwards import dispute, rate
from routing.executions.sealing import seal_receipts
from routing.learning import actions as learning
from routing.lifecycle import ageing, moving, pruning
from routing.router import heads
from routing.telemetry.actions import report
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.routing.executions.test_approving import approve, waiting
from tests.db.routing.learning import desk as learned
from tests.db.tenants.catalogue import connected, tables
from tests.db.whatif import desk as whatif

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]

WORD = "quorvexine"
ALLOWED: dict[str, str] = {}


def _everything_said(cast: make.Cast) -> None:
    """The word stands wherever a person or an agent can write about a request."""
    said = f"Run payroll of {WORD}"
    old.desk.agent(cast, "audits", lambda call, told: {"found": WORD}, approvals=("audit",))
    made = [old.desk.done(cast.mel, f"{said} {n}", system="payroll", input={"month": WORD}, session=f"of {WORD}") for n in range(6)]
    first = made[0]
    report(scope=cast.bo, calls=[{"tool": "audit", "input": {"of": WORD}, "error": WORD, "execution_id": str(first.id)}], at=make.later(30))
    rate(scope=cast.mel, execution_id=first.id, stars=1, words=WORD, at=make.later(31))
    dispute(scope=cast.mel, execution_id=first.id, words=f"Not {WORD}.", at=make.later(32))
    waits = old.desk.worked(cast.mel, old.desk.asked(cast.mel, f"Audit {WORD}", system="audits"))
    approve(cast.bo, waits)
    old.desk.worked(cast.mel, waits, at=make.later(7))
    seal_receipts(scope=cast.tars, at=make.later(40))
    learning.change_settings(scope=cast.bo, least_similar=5, likeness=Decimal("0.80"), is_automatic=False, at=make.AT)
    learned.learn(cast)
    for one in learned.proposals(cast.tars):
        print("PROPOSED", one.pattern)
    print(whatif.asked(cast.bo, threshold=0.99).result)


def _found() -> Iterator[str]:
    """Where the word stands, in any column of any table, as text or as bytes."""
    with connected("super") as server:
        for table in sorted(tables()):
            text = sql.SQL(
                "SELECT k.key, count(*) FROM {} t CROSS JOIN LATERAL jsonb_each_text(to_jsonb(t)) k"
                " WHERE position(%s IN lower(k.value)) > 0 OR position(%s IN lower(k.value)) > 0 GROUP BY 1 ORDER BY 1"
            ).format(sql.Identifier(table))
            yield from (f"{table}.{row[0]}" for row in server.execute(text, [WORD, WORD.encode().hex()]))


def test_x(cast: make.Cast, settings: Any, tmp_path: Path) -> None:
    settings.ROUTER_HEADS = str(tmp_path / "heads")
    _everything_said(cast)
    print("BEFORE", list(_found()))
    ageing.age(scope=cast.tars, at=old.LATER)
    while moving.archive(scope=cast.tars, at=old.LATER):
        pass
    print("ARCHIVED", list(_found()))
    with in_tenant(cast.tenant.id):
        shown = pruning.due(scope=cast.ada, at=END)
    pruning.prune(scope=cast.ada, digest=shown.digest, reason="Over.", confirmation=make.confirmed(cast.ada, at=END), at=END)
    print("PRUNED", shown.rows, list(_found()))
    assert 0
