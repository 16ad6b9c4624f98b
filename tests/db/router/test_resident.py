"""Vectors that a process keeps in memory: never staler than the statement that reads the rules, never another tenant's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection

from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.router import nearest, resident
from routing.router.models import RoutingRule
from routing.router.nearest import NearRule
from tests import factories as make
from tests.db.router.test_large import clustered, rows_of

RULES, K = 150, 8
CENTRES = np.random.default_rng(3).standard_normal((12, 384))


class Broken(Exception):
    pass


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    resident.forget_all()
    yield
    resident.forget_all()


def tenant(seed: int = 1) -> tuple[make.Cast, np.ndarray]:
    cast, vectors = make.cast(), clustered(np.random.default_rng(seed), RULES, CENTRES)
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.bulk_create(rows_of(cast.tenant.id, cast.system.id, vectors, current().model, make.AT))
    return cast, vectors


@pytest.fixture
def cast() -> make.Cast:
    return tenant()[0]


@pytest.fixture
def asked() -> np.ndarray:
    return clustered(np.random.default_rng(9), 1, CENTRES)[0]


def found(cast: make.Cast, vector: np.ndarray, most: int = K) -> list[NearRule]:
    with in_tenant(cast.tenant.id):
        return nearest.rules(scope=cast.bo, vector=vector, model=current().model, most=most)


def by_database(cast: make.Cast, vector: np.ndarray, most: int = K) -> list[NearRule]:
    with in_tenant(cast.tenant.id):
        return nearest.searched(scope=cast.bo, vector=vector, model=current().model, most=most)


def kept(cast: make.Cast) -> resident.Resident | None:
    return resident.kept(tenant_id=cast.tenant.id, model=current().model)


def changed(cast: make.Cast, rule: NearRule, **values: Any) -> None:
    RoutingRule.objects.filter(tenant_id=cast.tenant.id, id=rule.id).update(**values)


def elsewhere(cast: make.Cast, rule: NearRule, **values: Any) -> None:
    """On another connection, committed."""

    def change() -> None:
        try:
            with in_tenant(cast.tenant.id, durable=True):
                changed(cast, rule, **values)
        finally:
            connection.close()

    worker = threading.Thread(target=change)
    worker.start()
    worker.join()


ROUNDING = 2e-6


def same(one: list[NearRule], other: list[NearRule]) -> bool:
    """The same rules, but for their order, and for who is the last, where they are as near."""
    cosines = [[rule.cosine for rule in rules] for rules in (one, other)]
    if len(one) != len(other) or not np.allclose(*cosines, atol=ROUNDING):
        return False
    cut = min([*cosines[0], *cosines[1]], default=0.0) + 2 * ROUNDING
    surely = [{rule.id for rule in rules if rule.cosine > cut} for rules in (one, other)]
    return surely[0] <= {rule.id for rule in other} and surely[1] <= {rule.id for rule in one}


def test_second_choice__is_of_memory__and_says_the_same(cast: make.Cast, asked: np.ndarray) -> None:
    first = found(cast, asked)
    assert kept(cast) is not None and len(kept(cast).ids) == RULES  # type: ignore[union-attr]
    assert same(found(cast, asked), first) and same(first, by_database(cast, asked))


def test_turned_off_on_another_connection__gone_after_its_commit(cast: make.Cast, asked: np.ndarray) -> None:
    best = found(cast, asked)[0]
    elsewhere(cast, best, is_active=False)
    assert best.id not in {rule.id for rule in found(cast, asked)}
    assert same(found(cast, asked), by_database(cast, asked))
    elsewhere(cast, best, is_active=True)
    assert found(cast, asked)[0].id == best.id


def test_moved_within_one_transaction__the_next_statement_says_so(cast: make.Cast, asked: np.ndarray) -> None:
    far = by_database(cast, asked, RULES)[-1]
    found(cast, asked)
    with in_tenant(cast.tenant.id):
        before = nearest.rules(scope=cast.bo, vector=asked, model=current().model, most=K)
        elsewhere(cast, far, request_embedding=asked.tolist())
        after = nearest.rules(scope=cast.bo, vector=asked, model=current().model, most=K)
    assert far.id not in {rule.id for rule in before} and after[0].id == far.id
    assert kept(cast) is not None, "one rule that moved is read beside memory"


def test_other_columns__are_never_of_memory(cast: make.Cast, asked: np.ndarray) -> None:
    best = found(cast, asked)[0]
    elsewhere(cast, best, action="payroll", request_pattern="said otherwise", confidence_score="0.5")
    again = found(cast, asked)[0]
    assert (again.id, again.action, again.pattern, again.confidence) == (best.id, "payroll", "said otherwise", 0.5)


def test_change_that_is_rolled_back__seen_within__and_gone_after(cast: make.Cast, asked: np.ndarray) -> None:
    best, *_ = before = found(cast, asked)
    with pytest.raises(Broken), in_tenant(cast.tenant.id):
        changed(cast, best, is_active=False)
        assert best.id not in {rule.id for rule in found(cast, asked)}
        raise Broken
    assert same(found(cast, asked), before) and same(found(cast, asked), before)


def test_read_while_a_change_of_its_own_is_open__not_kept(cast: make.Cast, asked: np.ndarray) -> None:
    best = by_database(cast, asked)[0]
    with pytest.raises(Broken), in_tenant(cast.tenant.id):
        changed(cast, best, is_active=False)
        assert best.id not in {rule.id for rule in found(cast, asked)}
        raise Broken
    assert kept(cast) is None and found(cast, asked)[0].id == best.id


def test_read_while_another_s_change_is_open__its_commit_is_obeyed(cast: make.Cast, asked: np.ndarray) -> None:
    best = by_database(cast, asked)[0]
    is_changed, may_end = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with in_tenant(cast.tenant.id, durable=True):
                changed(cast, best, is_active=False)
                is_changed.set()
                may_end.wait(20)
        finally:
            connection.close()

    worker = threading.Thread(target=change)
    worker.start()
    is_changed.wait(20)
    assert found(cast, asked)[0].id == best.id and kept(cast) is not None
    assert found(cast, asked)[0].id == best.id, "not committed yet"
    may_end.set()
    worker.join()
    assert best.id not in {rule.id for rule in found(cast, asked)}


def test_other_tenant__has_its_own__also_where_memory_were_mixed_up(cast: make.Cast, asked: np.ndarray) -> None:
    other, _ = tenant(seed=2)
    mine, theirs = found(cast, asked), found(other, asked)
    assert {rule.id for rule in mine}.isdisjoint(rule.id for rule in theirs)
    resident._kept[(other.tenant.id, current().model)] = resident._kept[(cast.tenant.id, current().model)]
    assert same(found(other, asked), theirs)


def test_asked_for_another_tenant__sees_nothing_and_keeps_nothing(cast: make.Cast, asked: np.ndarray) -> None:
    other, _ = tenant(seed=2)
    with in_tenant(other.tenant.id):
        assert nearest.rules(scope=cast.bo, vector=asked, model=current().model, most=K) == []
    assert kept(cast) is None and len(found(cast, asked)) == K


def test_another_model__is_not_asked_of_this_one_s_memory(cast: make.Cast, asked: np.ndarray) -> None:
    best = found(cast, asked)[0]
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.filter(tenant_id=cast.tenant.id).exclude(id=best.id).update(embedding_model="another")
    assert [rule.id for rule in found(cast, asked)] == [best.id]


def test_bounds__few_and_many_stay_in_the_database(
    cast: make.Cast, asked: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bound in (("LEAST", RULES + 1), ("MOST", RULES - 1), ("MOST_BYTES", RULES * 384 * 4 - 1)):
        with monkeypatch.context() as patch:
            patch.setattr(resident, name, bound)
            assert len(found(cast, asked)) == K and kept(cast) is None
            resident.forget_all()
    assert len(found(cast, asked)) == K and kept(cast) is not None


def test_memory__those_not_asked_for_longest_go_first(asked: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "MOST_BYTES", 2 * RULES * 384 * 4)
    one, two, three = (tenant(seed)[0] for seed in (1, 2, 3))
    for cast in (one, two, one, three):
        found(cast, asked)
    assert [kept(cast) is not None for cast in (one, two, three)] == [True, False, True]


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes__as_the_database_says(seed: int) -> None:
    chance = np.random.default_rng(seed)
    cast, vectors = tenant(seed)
    by_memory = 0
    for step in range(40):
        ids = [rule.id for rule in by_database(cast, vectors[chance.integers(RULES)], RULES)]
        with in_tenant(cast.tenant.id):
            for _ in range(chance.integers(0, 3)):
                rows = RoutingRule.objects.filter(tenant_id=cast.tenant.id)
                row = rows.filter(id=ids[chance.integers(len(ids))]) if chance.random() < 0.7 else rows.order_by("?")
                one = row.first()
                assert one is not None
                if chance.random() < 0.5:
                    rows.filter(id=one.id).update(is_active=not one.is_active)
                else:
                    rows.filter(id=one.id).update(request_embedding=clustered(chance, 1, CENTRES)[0].tolist())
        asked = clustered(chance, 1, CENTRES)[0]
        most = int(chance.choice([1, 5, 16, RULES]))
        by_memory += kept(cast) is not None
        assert same(found(cast, asked, most), by_database(cast, asked, most)), (seed, step)
    assert by_memory > 10
