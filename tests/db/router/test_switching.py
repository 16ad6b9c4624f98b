"""From one embedder to another: the former serves on until everything is there, then all change at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.registry.models import System
from governance.tenancy import in_tenant
from routing.embeddings import choice
from routing.embeddings.errors import EmbedderFailed
from routing.executions.models import Execution
from routing.learning import reembedding
from routing.learning.actions import refuse
from routing.router import embedding, serving, switching, tasks
from routing.router.models import NextVector, RoutingRule
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.router import desk
from tests.db.routing.learning import desk as learning

LEXICAL = "lexical"


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    desk.system(found, "domicile", "payroll", description="Payroll processing, PDF extraction")
    desk.system(found, "notion", "pages", description="Pages and notes")
    for n in range(3):
        desk.written(found.bo, f"Process payroll PDFs {n}", "domicile")
    desk.embedded(found)
    return found


@pytest.fixture
def lexical(cast: make.Cast, settings: Any) -> str:
    """The installation has another embedder from now on."""
    settings.EMBEDDER = LEXICAL
    return choice.current().model


def models(cast: make.Cast) -> set[str]:
    """Of everything that requests are compared with."""
    with in_tenant(cast.tenant.id):
        rules = RoutingRule.objects.filter(tenant_id=cast.tenant.id, is_active=True)
        systems = System.objects.filter(tenant_id=cast.tenant.id, capabilities_embedding__isnull=False)
        found = {*rules.values_list("embedding_model", flat=True)}
        return found | {*systems.values_list("capabilities_embedding_model", flat=True)}


def switch(cast: make.Cast) -> int:
    made = 0
    while switching.standing(tenant_id=cast.tenant.id).is_under_way:
        made += switching.advance(tenant_id=cast.tenant.id)
    return made


def test_switch__the_former_serves_until_all_are_there__then_all_are_of_the_new_one(
    cast: make.Cast, lexical: str
) -> None:
    (former,) = models(cast)
    while switching.standing(tenant_id=cast.tenant.id).is_under_way:
        found = desk.chosen(cast.bo, "Process payroll PDFs 1")
        assert found.model == former and found.chosen and found.rule == "Process payroll PDFs 1"
        assert models(cast) == {former}, "nothing has changed places yet"
        switching.advance(tenant_id=cast.tenant.id, most=2)
    assert models(cast) == {lexical}
    found = desk.chosen(cast.bo, "Process payroll PDFs 1")
    assert found.model == lexical and found.rule == "Process payroll PDFs 1"
    with in_tenant(cast.tenant.id):
        assert not NextVector.objects.filter(tenant_id=cast.tenant.id).exists()
    assert switching.advance(tenant_id=cast.tenant.id) == 0


def test_switch__killed_in_between__goes_on_and_makes_nothing_twice(cast: make.Cast, lexical: str) -> None:
    total = switching.standing(tenant_id=cast.tenant.id).total
    assert switching.advance(tenant_id=cast.tenant.id, most=2) == 2
    assert switching.standing(tenant_id=cast.tenant.id).done == 2
    assert switch(cast) == total - 2


def test_switch__the_embedder_fails__what_serves_is_untouched(
    cast: make.Cast, lexical: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = models(cast)
    real = choice.current()

    class Broken:
        model, dimensions = real.model, real.dimensions

        def embed(self, texts: list[str]) -> Any:
            raise EmbedderFailed("It does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(switching, "current", Broken)
        with pytest.raises(EmbedderFailed):
            switching.advance(tenant_id=cast.tenant.id)
    assert models(cast) == before and desk.chosen(cast.bo, "Process payroll PDFs 1").chosen


def test_switch__two_at_once__once(cast: make.Cast, lexical: str) -> None:
    told = at_once([lambda: switch(cast), lambda: switch(cast)])
    assert [one.refusal for one in told] == [None, None] and models(cast) == {lexical}


def test_switch__rules_written_meanwhile__serve_before_and_after(cast: make.Cast, lexical: str) -> None:
    switching.advance(tenant_id=cast.tenant.id, most=2)
    new = desk.written(cast.bo, "Book a flight to Rome", "notion", minutes=3)
    assert desk.chosen(cast.bo, "Book a flight to Rome").rule == new.request_pattern
    with in_tenant(cast.tenant.id):
        rule = RoutingRule.objects.filter(tenant_id=cast.tenant.id).order_by("id").first()
        assert rule
    wish = desk.actions.Wish(pattern="Said quite differently", system="domicile")
    desk.actions.edit_rule(scope=cast.bo, rule_id=rule.id, wish=wish, at=make.later(4))
    switch(cast)
    assert models(cast) == {lexical}
    for text in ("Book a flight to Rome", "Said quite differently"):
        assert desk.chosen(cast.bo, text).rule == text


def test_switch__each_minute_a_batch__another_tenant_is_not_held_up(cast: make.Cast, lexical: str) -> None:
    other = make.cast()
    desk.system(other, "memvid", "video-memory", description="Long memory")
    assert tasks.embed()["switched"] >= 5
    assert models(cast) == {lexical}
    assert {serving.embedder_of(tenant_id=one.tenant.id).model for one in (cast, other)} == {lexical}


def test_former__cannot_be_made_any_more__embedded_in_place(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.filter(tenant_id=cast.tenant.id).update(embedding_model="gone@1")
        System.objects.filter(tenant_id=cast.tenant.id).update(capabilities_embedding_model="gone@1")
    assert not switching.standing(tenant_id=cast.tenant.id).is_under_way
    assert embedding.embed_rules(tenant_id=cast.tenant.id) == 3


def test_nothing_is_switched__a_choice_takes_no_statement_more(cast: make.Cast) -> None:
    desk.chosen(cast.bo, "Process payroll PDFs 1")
    with CaptureQueriesContext(connection) as found:
        desk.chosen(cast.bo, "Process payroll PDFs 1")
    assert not [one for one in found.captured_queries if "UNION ALL" in one["sql"] and "count(*)" in one["sql"]]


def test_executions_and_proposals__follow_in_batches__and_are_counted_anew(settings: Any) -> None:
    cast = learning.cast()
    row = learning.proposed(cast)
    refuse(scope=cast.bo, proposal_id=row.id, because="No.", at=make.later(61))
    settings.EMBEDDER = LEXICAL
    model = choice.current().model
    assert reembedding.advance(scope=cast.tars, most=10, at=make.later(62)) == 0, "the former serves still"
    switch(cast)
    assert reembedding.advance(scope=cast.tars, most=20, at=make.later(63)) == 21, "twenty and the proposal"
    with in_tenant(cast.tenant.id):
        halfway = reembedding.standing(scope=cast.tars)
    assert halfway and (halfway.done, halfway.total, halfway.finished_at) == (20, 60, None)
    reembedding.advance(scope=cast.tars, most=1_000, at=make.later(64))
    with in_tenant(cast.tenant.id):
        done = reembedding.standing(scope=cast.tars)
        rows = list(Execution.objects.filter(tenant_id=cast.tenant.id))
    assert done and done.finished_at and {one.embedding_model for one in rows} == {model}
    assert all(np.asarray(one.request_embedding).size == choice.current().dimensions for one in rows)
    assert reembedding.advance(scope=cast.tars, most=1_000, at=make.later(65)) == 0
    found = learning.night.learn(scope=cast.tars, model=model, night=learning.NIGHT, at=make.later(66))
    assert found.considered.counted == 60 and found.tally.proposed == [], "what was refused stays refused"


def test_executions__nothing_was_switched__none_is_looked_at_and_what_was_counted_stays() -> None:
    cast = learning.cast()
    learning.proposed(cast)
    assert reembedding.advance(scope=cast.tars, most=1_000, at=make.later(62)) == 0
    assert learning.learn(cast, nights=1, minutes=63).considered.looked_at == 0


def test_executions__two_at_once__each_is_counted_once(settings: Any) -> None:
    cast = learning.cast()
    learning.proposed(cast)
    settings.EMBEDDER = LEXICAL
    switch(cast)
    told = at_once([lambda: reembedding.advance(scope=cast.tars, most=40, at=make.later(62)) for _ in range(2)])
    assert [one.refusal for one in told] == [None, None]
    with in_tenant(cast.tenant.id):
        found = reembedding.standing(scope=cast.tars)
    assert found and found.done <= found.total == 60


def test_executions__everything_but_the_vector__is_kept_by_the_database(cast: make.Cast) -> None:
    ids = learning.done(cast.tars, ["Book a room"], "domicile")
    with pytest.raises(Exception, match=r"tars_|never"), in_tenant(cast.tenant.id):
        Execution.objects.filter(id=ids[0]).update(user_request="Something else")
