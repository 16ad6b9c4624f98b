"""Tenants with many rules have a head: made by a task, obeyed by the next request, never in the way of a new rule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from governance.ids import new_id
from governance.registry.models import System
from governance.tenancy import in_tenant
from routing.embeddings.choice import current
from routing.router import heads, tasks
from routing.router.models import RoutingRule
from routing.router.scoring import MOST_SURE
from tests import factories as make
from tests.db.router import desk
from tests.unit.routing.router.test_scoring import said_by_hand

OWN = {"payroll": "domicile", "travel": "memvid", "rooms": "notion"}
ASKED = "prepare the bonus payments for all of us"


@pytest.fixture(scope="module")
def vectors() -> Any:
    return current().embed([text for text, _ in said_by_hand()])


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.ROUTER_HEADS = str(tmp_path / "heads")
    heads._kept.clear()
    yield tmp_path / "heads"
    heads._kept.clear()


@pytest.fixture
def cast(vectors: Any) -> make.Cast:
    found = make.cast()
    for name in OWN.values():
        desk.system(found, name, "handle_request")
    with in_tenant(found.tenant.id):
        ids = dict(System.objects.filter(tenant_id=found.tenant.id).values_list("name", "id"))
        RoutingRule.objects.bulk_create(
            RoutingRule(
                id=new_id(make.AT), tenant_id=found.tenant.id, request_pattern=text, request_embedding=vector.tolist(),
                embedding_model=current().model, recommended_system_id=ids[OWN[label]], action="handle_request",
                confidence_score=1, created_at=make.AT, updated_at=make.AT,
            )
            for (text, label), vector in zip(said_by_hand(), vectors, strict=True)
        )  # fmt: skip
    return found


def learned(cast: make.Cast) -> int:
    return heads.keep_head(tenant_id=cast.tenant.id)


def test_head__is_made_once__and_anew_when_a_rule_changes(cast: make.Cast, folder: Path) -> None:
    assert (learned(cast), learned(cast)) == (1, 0)
    assert [path.name for path in folder.iterdir()] == [f"{cast.tenant.id}.npz"]
    desk.written(cast.bo, "Wash the car", "notion")
    desk.embedded(cast)
    assert (learned(cast), learned(cast)) == (1, 0)


def test_head__decides_the_next_request(cast: make.Cast) -> None:
    before = desk.chosen(cast.bo, ASKED)
    assert learned(cast) == 1
    after = desk.chosen(cast.bo, ASKED)
    assert after.chosen is not None and after.chosen.name == "domicile"
    assert before.confidence != after.confidence and after.threshold <= after.confidence <= MOST_SURE


def test_head__what_nobody_is_there_for__stays_out_of_scope(cast: make.Cast) -> None:
    learned(cast)
    for text in ("What is the boiling point of tungsten?", "Write me a poem about the sea", "Hello"):
        assert not desk.chosen(cast.bo, text).is_in_scope


def test_rule_written_since__is_obeyed_at_once(cast: make.Cast) -> None:
    learned(cast)
    desk.written(cast.bo, ASKED, "notion", action="handle_request")
    desk.embedded(cast)
    found = desk.chosen(cast.bo, f"{ASKED}.")
    assert found.chosen is not None and (found.chosen.name, found.rule) == ("notion", ASKED)
    desk.system(cast, "newcomer", "handle_request")
    desk.written(cast.bo, "Water the plants on the third floor", "newcomer", minutes=2)
    desk.embedded(cast)
    found = desk.chosen(cast.bo, "Water the plants of the third floor, thanks")
    assert found.chosen is not None and found.chosen.name == "newcomer"


def test_rules_turned_off__are_answered_no_more(cast: make.Cast) -> None:
    learned(cast)
    with in_tenant(cast.tenant.id):
        rules = RoutingRule.objects.filter(tenant_id=cast.tenant.id, recommended_system__name="domicile")
        rules.update(is_active=False)
    assert "domicile" not in desk.names(desk.chosen(cast.bo, ASKED))


def test_few_rules__no_head_and_the_old_one_goes(cast: make.Cast, folder: Path) -> None:
    learned(cast)
    with in_tenant(cast.tenant.id):
        ids = RoutingRule.objects.filter(tenant_id=cast.tenant.id).order_by("id").values_list("id", flat=True)
        RoutingRule.objects.filter(id__in=list(ids[100:])).update(is_active=False)
    assert learned(cast) == 0 and not list(folder.iterdir())
    assert desk.chosen(cast.bo, ASKED).chosen is not None


def test_stranger__has_no_part_in_it(cast: make.Cast) -> None:
    learned(cast)
    other = make.cast()
    assert heads.head_of(tenant_id=other.tenant.id, model=current().model) is None
    assert heads.head_of(tenant_id=cast.tenant.id, model="another@1") is None
    assert heads.head_of(tenant_id=cast.tenant.id, model=current().model) is not None


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 100])
def test_broken_file__rules_are_judged_by_their_cosines_and_the_task_makes_it_anew(
    cast: make.Cast, folder: Path, content: bytes
) -> None:
    before = desk.chosen(cast.bo, ASKED)
    folder.mkdir()
    (folder / f"{cast.tenant.id}.npz").write_bytes(content)
    assert desk.chosen(cast.bo, ASKED).confidence == before.confidence
    assert learned(cast) == 1
    assert heads.head_of(tenant_id=cast.tenant.id, model=current().model) is not None


def test_file__holds_numbers_and_no_pickles(cast: make.Cast, folder: Path) -> None:
    learned(cast)
    with np.load(next(folder.iterdir()), allow_pickle=False) as file:
        assert {name: file[name].dtype.kind for name in file.files} == {
            "about": "u", "bias": "f", "weights": "f", "words": "f", "rare": "f",
        }  # fmt: skip


def test_task__makes_heads_and_deletes_those_of_tenants_that_are_gone(
    cast: make.Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned(cast)
    gone = folder / f"{uuid4()}.npz"
    gone.write_bytes(b"x")
    monkeypatch.setattr(tasks, "active_tenant_ids", lambda: [cast.tenant.id])
    assert tasks.learn() == 0
    assert not gone.exists() and (folder / f"{cast.tenant.id}.npz").exists()


def test_task__killed_while_it_wrote__its_half_goes__and_one_that_is_being_written_stays(
    cast: make.Cast, folder: Path
) -> None:
    learned(cast)
    old, young = (folder / f"{cast.tenant.id}.{name}.part" for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    heads.forget_others([cast.tenant.id])
    assert {path.name for path in folder.iterdir()} == {f"{cast.tenant.id}.npz", young.name}
