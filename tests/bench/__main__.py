"""`make bench`: every figure as a ratio, in one run. Name parts to run only those: `python -m tests.bench ledger overview`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial

from tests.bench.database import served
from tests.bench.measure import Row

_ONLY_BY_NAME = {"scope"}
"""Its data is not in the repository."""


def main(wanted: set[str]) -> None:
    rows: list[Row] = []
    if not wanted or "constitution" in wanted:
        from tests.bench import constitution

        rows += _run("constitution", [constitution.bench_diff, constitution.bench_validation])
    if not wanted or "policy" in wanted:
        from tests.bench import policy

        rows += _run("policy", [policy.bench_decide, policy.bench_worst])
    if not wanted or "conclude" in wanted:
        from tests.bench import conclude

        rows += _run("conclude", [conclude.bench_conclude])
    if not wanted or "dreams" in wanted:
        from tests.bench import dreams

        rows += _run("dreams", [dreams.bench_verdict, dreams.bench_candidates])
    if not wanted or "embeddings" in wanted:
        from tests.bench import embeddings

        rows += _run("embeddings", [embeddings.bench_embeddings])
    if not wanted or "drift" in wanted:
        from tests.bench import drift

        rows += _run("drift", [drift.bench_drift])
    parts = _with_database()
    database = {name: part for name, part in parts.items() if name in (wanted or set(parts) - _ONLY_BY_NAME)}
    if database:
        with served() as home:
            for name, part in database.items():
                rows += _run(name, [partial(part(), home)])
    print(f"\nload of the last 1, 5 and 15 minutes: {os.getloadavg()}, {os.cpu_count()} processors", file=sys.stderr)
    width = max(len(row.name) for row in rows)
    print()
    for row in rows:
        print(f"{row.name:<{width}}  {row.ratio:8.3f}  bar {row.bar:<10} {row.verdict:<12} {row.detail}")
    missed = [row.name for row in rows if row.verdict == "MISSED"]
    if missed:
        print(f"\n{len(missed)} of {len(rows)} missed their bar: {'; '.join(missed)}", file=sys.stderr)
        raise SystemExit(1)


def _with_database() -> dict[str, Callable[[], Callable[..., Iterable[Row]]]]:
    """Loaded only once Django is set up."""

    def ledger() -> Callable[..., Iterable[Row]]:
        from tests.bench import ledger

        return ledger.bench_append

    def amendments() -> Callable[..., Iterable[Row]]:
        from tests.bench import amendments

        return amendments.bench_propose_approve_apply

    def overview() -> Callable[..., Iterable[Row]]:
        from tests.bench import overview

        return overview.bench_overview

    def api() -> Callable[..., Iterable[Row]]:
        from tests.bench import api

        return api.bench_lists

    def decisions() -> Callable[..., Iterable[Row]]:
        from tests.bench import decisions

        return decisions.bench_decisions

    def money() -> Callable[..., Iterable[Row]]:
        from tests.bench import money

        return money.bench_reserve

    def figures() -> Callable[..., Iterable[Row]]:
        from tests.bench import figures

        return figures.bench_figures

    def growth() -> Callable[..., Iterable[Row]]:
        from tests.bench import growth

        return growth.bench_growth

    def guardrails() -> Callable[..., Iterable[Row]]:
        from tests.bench import guardrails

        return guardrails.bench_guardrails

    def nights() -> Callable[..., Iterable[Row]]:
        from tests.bench import nights

        return nights.bench_nights

    def rehearsal() -> Callable[..., Iterable[Row]]:
        from tests.bench import rehearsal

        return rehearsal.bench_rehearsal

    def lifecycle() -> Callable[..., Iterable[Row]]:
        from tests.bench import lifecycle

        return lifecycle.bench_lifecycle

    def router() -> Callable[..., Iterable[Row]]:
        from tests.bench import router

        return router.bench_router

    def learning() -> Callable[..., Iterable[Row]]:
        from tests.bench import learning

        return learning.bench_learning

    def whatif() -> Callable[..., Iterable[Row]]:
        from tests.bench import whatif

        return whatif.bench_whatif

    def work() -> Callable[..., Iterable[Row]]:
        from tests.bench import work

        return work.bench_work

    def scope() -> Callable[..., Iterable[Row]]:
        from tests.bench import scope

        return scope.bench_scope

    def stack() -> Callable[..., Iterable[Row]]:
        from tests.bench import stack

        return stack.bench_stack

    return {
        "money": money,
        "guardrails": guardrails,
        "nights": nights,
        "rehearsal": rehearsal,
        "api": api,
        "decisions": decisions,
        "ledger": ledger,
        "amendments": amendments,
        "overview": overview,
        "figures": figures,
        "growth": growth,
        "lifecycle": lifecycle,
        "router": router,
        "scope": scope,
        "learning": learning,
        "whatif": whatif,
        "work": work,
        "stack": stack,
    }


def _run(name: str, parts: Iterable[Callable[[], Iterable[Row]]]) -> list[Row]:
    found = []
    for part in parts:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        found += part()
    return found


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the settings have it; before numpy is loaded
    main(set(sys.argv[1:]))
