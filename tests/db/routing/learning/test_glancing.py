"""Kinds that are looked at many at a time come to what judging each by itself comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from governance.tenancy import in_tenant
from routing.learning import glancing, night
from routing.learning.actions import accept, change_settings, refuse
from routing.learning.glancing import chunks
from routing.learning.models import RequestCluster
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.router import desk as router
from tests.db.routing.learning import desk

KINDS, NEW = 14, 2


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(glancing, "_is_settled", lambda *_: False)


def asked(cast: make.Cast, chance: np.random.Generator, centres: np.ndarray, *, minute: int) -> None:
    """Some of each kind: most by one system, some by two that are alike or are told apart, with failures and stars."""
    for n, centre in enumerate(centres):
        count = 2 + 5 * n % KINDS  # another one for each: of kinds as frequent, chance says which is the first
        shift = chance.standard_normal((count, 384)) * 0.01
        shift[: count // 2, n] += 0.5 if n % 5 == 0 else 0.0
        vectors = centre + shift
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        for some, system in ((slice(0, count // 2), "domicile"), (slice(count // 2, count), "notion")):
            part = vectors[some]
            if len(part):
                desk.done(
                    cast.tars, [f"Kind {n} of {minute}, {k} by {system}" for k in range(len(part))],
                    system if n % 3 else "domicile", vectors=part, at=make.later(minute + n + KINDS * (system == "notion")),
                    status="failed" if n % 4 == 3 else "success", stars=[None, 5, 3][n % 3], action=f"action_{n % 2}",
                )  # fmt: skip


def stands(cast: make.Cast) -> list[tuple[Any, ...]]:
    """What the proposals say; ids, which follow from when a row was made, stand for nothing."""
    return [
        (
            row.state, row.pattern, row.recommended_system.name, row.seen, row.based_on_executions, row.success_rate,
            row.confidence_score, row.revision, row.because, row.explanation, len(row.examples), row.action,
            [(one["system"], one["executions"], one["confidence"], one["reason"]) for one in row.ranking],
        )
        for row in sorted(desk.proposals(cast.tars), key=lambda one: (one.proposed_at, one.pattern))
    ]  # fmt: skip


def covering(cast: make.Cast) -> None:
    """Somebody writes a rule for a kind that waits."""
    row = router.written(cast.bo, "Covers one kind", "notion")
    with in_tenant(cast.tenant.id):
        kind = RequestCluster.objects.filter(tenant_id=cast.tenant.id).order_by("-seen", "first_at")[5]
        RoutingRule.objects.filter(tenant_id=cast.tenant.id, id=row.id).update(
            request_embedding=kind.centre, embedding_model=kind.embedding_model
        )


def story(seed: int, *, is_automatic: bool) -> list[Any]:
    """Three nights with people in between, and what each came to."""
    chance, cast, told = np.random.default_rng(seed), desk.cast(), []
    centres = chance.standard_normal((KINDS, 384))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    change_settings(scope=cast.bo, least_similar=5, likeness=Decimal("0.80"), is_automatic=is_automatic, at=make.AT)
    for number in range(3):
        asked(cast, chance, centres, minute=100 * number + 1)
        found = desk.learn(cast, nights=number, minutes=100 * number + 60)
        said = found.as_json()
        told += [said, stands(cast)]
        waiting = sorted(
            (one for one in desk.proposals(cast.tars) if one.state == "waiting"), key=lambda one: one.pattern
        )
        for verb, row in zip((accept, refuse), waiting, strict=False):
            more: dict[str, Any] = {"because": "not so"} if verb is refuse else {}
            verb(scope=cast.bo, proposal_id=row.id, at=make.later(100 * number + 70), **more)
        if number == 0 and waiting:
            covering(cast)
    return told


@pytest.mark.parametrize(("seed", "is_automatic"), [(0, False), (1, True)])
def test_nights__many_at_a_time__the_same_as_one_by_one(
    seed: int, is_automatic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "NEW", NEW)
    monkeypatch.setattr(glancing, "MOST", 60)
    with monkeypatch.context() as patch:
        one_by_one(patch)
        expected = story(seed, is_automatic=is_automatic)
    found = story(seed, is_automatic=is_automatic)
    assert found == expected
    tallies = [one for one in found if isinstance(one, dict)]
    assert sum(one["proposed"] for one in tallies) >= NEW
    assert all(any(one[name] for one in tallies) for name in ("left", "unsure"))


def test_kinds_that_need_nothing__take_few_statements(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    cast = desk.cast()
    centres = np.eye(384)[:30]
    change_settings(scope=cast.bo, least_similar=5, likeness=Decimal("0.80"), is_automatic=False, at=make.AT)
    for n, centre in enumerate(centres):
        desk.done(
            cast.tars, [f"Kind {n}, {k}" for k in range(12)], vectors=np.repeat(centre[None], 12, 0).astype(np.float32)
        )
    monkeypatch.setattr(night, "NEW", 0)
    with django_assert_max_num_queries(60):
        assert desk.learn(cast).tally.left == 30


def test_chunks__hold_so_many_executions__or_one_kind() -> None:
    ids = [make.AT] * 5
    kinds: Any = list(zip(range(5), [3_000, 3_900, 90, 20, 9], strict=True))
    assert [len(one) for one in chunks(kinds)] == [len(ids)]
    many: Any = [(n, 400) for n in range(25)]
    assert [len(one) for one in chunks(many)] == [2] * 12 + [1]
