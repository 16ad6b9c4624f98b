from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from governance.errors import NotAllowed, NotFound
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.embeddings.errors import EmbedderFailed
from routing.router import actions, embedding, queries
from routing.router.actions import BadRule, PatternTaken, SwitchedAlready, Wish, edit_rule, switch_rule
from routing.router.models import RoutingRule
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.router import desk


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    for name in ("domicile", "memvid", "notion"):
        desk.system(found, name, "payroll")
    return found


def kept(scope: Scope, rule_id: UUID) -> RoutingRule:
    with in_tenant(scope.tenant_id):
        return RoutingRule.objects.get(id=rule_id)


@pytest.mark.parametrize("name", ["bo", "tess"])
def test_write__by_operator_or_admin__is_embedded_and_on_the_ledger(name: str, cast: make.Cast) -> None:
    scope = getattr(cast, name)
    made = kept(scope, desk.written(scope, "Process payroll PDFs", "domicile", "notion", "memvid").id)
    assert made.is_active and not made.auto_generated and made.embedding_model.startswith("all-MiniLM")
    with in_tenant(cast.tenant.id):
        (line,) = queries.lines_of(scope=scope, rows=[made])
        (event,) = queries.history(scope=scope, rule_id=made.id)
    assert line.alternatives == ("notion", "memvid")
    assert "go to domicile, then notion, then memvid" in event.sentence


@pytest.mark.parametrize("name", ["ada", "uma", "sam", "mel"])
def test_write__without_the_role__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        desk.written(getattr(cast, name), "Process payroll PDFs", "domicile")


def test_write__same_pattern_again__refused_until_the_first_is_off(cast: make.Cast) -> None:
    first = desk.written(cast.bo, "Process payroll PDFs", "domicile")
    with pytest.raises(PatternTaken):
        desk.written(cast.cy, " Process payroll PDFs ", "memvid")
    switch_rule(scope=cast.bo, rule_id=first.id, is_active=False, at=make.later(2))
    desk.written(cast.cy, "Process payroll PDFs", "memvid", minutes=3)
    with pytest.raises(PatternTaken):
        switch_rule(scope=cast.bo, rule_id=first.id, is_active=True, at=make.later(4))


def test_write__two_at_once__one_is_refused(cast: make.Cast) -> None:
    told = at_once(
        [
            lambda: desk.written(cast.bo, "Audit payroll", "domicile"),
            lambda: desk.written(cast.cy, "Audit payroll", "memvid"),
        ]
    )
    assert sorted(type(one.refusal).__name__ for one in told) == ["NoneType", "PatternTaken"]


@pytest.mark.parametrize(
    ("pattern", "system", "alternatives", "more"),
    [
        ("", "domicile", [], {}),
        ("x" * 1001, "domicile", [], {}),
        ("Audit", "domicile", ["domicile"], {}),
        ("Audit", "domicile", ["memvid", "memvid"], {}),
        ("Audit", "domicile", [], {"confidence": Decimal(0)}),
        ("Audit", "domicile", [], {"confidence": Decimal("1.01")}),
        ("Audit", "domicile", [], {"action": "delete*"}),
        ("Audit", "domicile", [], {"action": "approved"}),
    ],
)
def test_write__nonsense__refused(pattern, system, alternatives, more, cast: make.Cast) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadRule) as refusal:
        desk.written(cast.bo, pattern, system, *alternatives, **more)
    assert refusal.value.problems


def test_write__unknown_or_foreign_system__not_found(cast: make.Cast) -> None:
    for name in ("nobody", "a\x00b"):
        with pytest.raises(NotFound):
            desk.written(cast.bo, "Audit", name)
    with pytest.raises(NotFound):
        desk.written(make.stranger(), "Audit", "domicile")


def test_edit__learned_rule__becomes_a_persons_and_is_embedded_anew(cast: make.Cast) -> None:
    rule = desk.written(cast.bo, "Process payroll PDFs", "domicile")
    with in_tenant(cast.tenant.id):
        RoutingRule.objects.filter(id=rule.id).update(auto_generated=True)
    before = kept(cast.bo, rule.id).request_embedding
    edit_rule(scope=cast.cy, rule_id=rule.id, wish=Wish("Read my pages", "notion", ["memvid"]), at=make.later(3))
    after = kept(cast.bo, rule.id)
    assert not after.auto_generated and after.updated_by == cast.cy.actor.name
    assert list(after.request_embedding) != list(before)
    with in_tenant(cast.tenant.id):
        entry = queries.history(scope=cast.bo, rule_id=rule.id)[0]
    assert (entry.action, "Read my pages" in entry.sentence) == ("router.edit_rule", True)


def test_edit__nothing_changed__no_entry(cast: make.Cast) -> None:
    rule = desk.written(cast.bo, "Process payroll PDFs", "domicile")
    edit_rule(scope=cast.bo, rule_id=rule.id, wish=Wish("Process payroll PDFs", "domicile"), at=make.later(3))
    with in_tenant(cast.tenant.id):
        assert len(queries.history(scope=cast.bo, rule_id=rule.id)) == 1


def test_edit_and_switch__strangers_rule__as_if_it_were_not_there(cast: make.Cast) -> None:
    rule, mallory = desk.written(cast.bo, "Process payroll PDFs", "domicile"), make.stranger()
    for rule_id in (rule.id, uuid4()):
        with pytest.raises(NotFound):
            switch_rule(scope=mallory, rule_id=rule_id, is_active=False, at=make.later(3))
        with pytest.raises(NotFound):
            edit_rule(scope=mallory, rule_id=rule_id, wish=Wish("Audit", "domicile"), at=make.later(3))


def test_switch__a_second_time__refused(cast: make.Cast) -> None:
    rule = desk.written(cast.bo, "Process payroll PDFs", "domicile")
    switch_rule(scope=cast.bo, rule_id=rule.id, is_active=False, at=make.later(3))
    with pytest.raises(SwitchedAlready):
        switch_rule(scope=cast.bo, rule_id=rule.id, is_active=False, at=make.later(4))


def test_write__embedder_away__the_task_embeds_it(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        model, dimensions = "away@1", 3

        def embed(self, texts: object) -> None:
            raise EmbedderFailed("The service does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(embedding, "embedder_of", lambda *, tenant_id: Away())
        rule = desk.written(cast.bo, "Process payroll PDFs", "domicile")
    assert kept(cast.bo, rule.id).embedding_model == ""
    assert embedding.embed_rules(tenant_id=cast.tenant.id) == 1
    assert embedding.embed_rules(tenant_id=cast.tenant.id) == 0
    assert kept(cast.bo, rule.id).embedding_model.startswith("all-MiniLM")


def test_list__filters(cast: make.Cast) -> None:
    one = desk.written(cast.bo, "Process payroll PDFs", "domicile", "memvid")
    two = desk.written(cast.bo, "Find a recording", "memvid", action="video-memory")
    actions.switch_rule(scope=cast.bo, rule_id=two.id, is_active=False, at=make.later(3))

    def ids(**filter: str) -> list[UUID]:
        with in_tenant(cast.tenant.id):
            return [row.id for row in queries.rules(scope=cast.uma, filter=queries.RuleFilter(**filter))]

    assert ids() == [one.id, two.id]
    assert ids(text="PAYROLL") == ids(state="on") == ids(system="domicile") == [one.id]
    assert ids(system="memvid") == [one.id, two.id] and ids(state="off") == ids(text="video") == [two.id]
    assert ids(origin="learned") == [] and len(ids(origin="people")) == 2
    with in_tenant(cast.tenant.id), pytest.raises(NotAllowed):
        queries.rules(scope=cast.mel)
