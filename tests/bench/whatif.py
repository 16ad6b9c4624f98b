"""A what-if over 100,000 executions and 1,000 rules: minutes in the worker is the aim, five of them the bar.

500 requests are really routed; each is then copied 200 times in SQL, so that every row carries a real route and a real vector.
In the changed law 50 rules are off, and 20 new ones send requests to a system that nobody was asked about then, so that many
move, are asked about anew and are estimated.
"""

from __future__ import annotations

import resource
from itertools import product
from time import perf_counter
from typing import Any

from tarsweb.home import Home
from tests.bench.measure import Row

RULES, REQUESTS, COPIES = 1_000, 500, 200
BAR = 300.0
_DID = ("process", "find", "archive", "compare", "translate", "summarise", "check", "send", "delete", "print")
_WHAT = (
    "payroll files",
    "meeting recordings",
    "expense reports",
    "contracts",
    "invoices",
    "handbooks",
    "tickets",
    "minutes",
)
_WHOSE = (
    "of Osage County",
    "of Brightwell",
    "of the sales team",
    "of last week",
    "of the new client",
    "from the archive",
)
_HOW = ("today", "for the auditor", "in German", "without names", "as a table", "before Friday")


def bench_whatif(home: Home) -> list[Row]:
    """How long the job takes, and what of memory."""
    from routing.router.models import RoutingRule
    from routing.whatif.asked import Added, Asked
    from tests.db.whatif import desk

    cast = desk.cast()
    texts = [" ".join(words) for words in product(_DID, _WHAT, _WHOSE, _HOW)]
    _rules(cast, texts[:: len(texts) // RULES][:RULES])
    desk.past(cast, texts[1 :: len(texts) // REQUESTS][:REQUESTS])
    total = _copied(cast)
    with _in(cast):
        own = RoutingRule.objects.filter(tenant_id=cast.tenant.id, alternative_systems=[])
        off = tuple(map(str, own.order_by("id").values_list("id", flat=True)[:50]))
    added = tuple(Added(f"{did} {what}", "fresh") for did in _DID[:4] for what in _WHAT[:5])
    job = desk.actions.start(scope=cast.bo, asked=Asked(threshold=0.85, off=off, added=added), at=desk.AT)
    began = perf_counter()
    done = desk.worked(job)
    took = perf_counter() - began
    assert done.state == "done", done.error
    found = done.result
    told = (
        f"{took:.0f} s for {total:,} executions against {found['rules']['before']:,} rules: {found['coverage']['replayed']:,} "
        f"replayed, {found['counts']['moved']:,} move, {found['counts']['unjudged']:,} asked about anew; "
        f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    return [Row("what-if over 100,000 executions: time against five minutes", took / BAR, "<= 1.0", told)]


def _rules(cast: Any, patterns: list[str]) -> None:
    from governance.ids import new_id
    from routing.embeddings.choice import current
    from routing.router.models import RoutingRule
    from tests import factories as make

    embedder, names = current(), ("domicile", "memvid")
    vectors = embedder.embed(patterns)
    with _in(cast):
        ids = dict(desk_systems(cast, names))
        RoutingRule.objects.bulk_create(
            RoutingRule(
                id=new_id(make.AT),
                tenant_id=cast.tenant.id,
                request_pattern=pattern,
                recommended_system_id=ids[names[place % 2]],
                request_embedding=vector.tolist(),
                embedding_model=embedder.model,
                confidence_score=1,
                auto_generated=False,
                updated_at=make.AT,
            )
            for place, (pattern, vector) in enumerate(zip(patterns, vectors, strict=True))
        )


def desk_systems(cast: Any, names: tuple[str, ...]) -> Any:
    """Names with ids."""
    from governance.registry.models import System

    return System.objects.filter(tenant_id=cast.tenant.id, name__in=names).values_list("name", "id")


def _copied(cast: Any) -> int:
    from django.db import connection

    from routing.executions.models import Execution

    fields = [field.column for field in Execution._meta.concrete_fields if not getattr(field, "generated", False)]
    kept = ", ".join(name for name in fields if name not in {"id", "started_at", "completed_at"})
    with _in(cast), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO executions (id, started_at, completed_at, {kept}) SELECT gen_random_uuid(), "
            f"started_at - make_interval(mins => n), completed_at - make_interval(mins => n), {kept} "
            "FROM executions, generate_series(1, %s) n",
            [COPIES - 1],
        )
        cursor.execute("SELECT count(*) FROM executions")
        return int(cursor.fetchone()[0])


def _in(cast: Any) -> Any:
    from governance.tenancy import in_tenant

    return in_tenant(cast.tenant.id)
