"""The page "Who may approve": standing authorities, quorums and deputies, as people use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.amendments import actions as amendments
from governance.amendments.authority import TenantQuorum
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import Quorum, StandingAuthority
from governance.amendments.queries.grants_page import matrix
from governance.constitution.diff import Effect
from governance.drift.actions import set_state
from governance.identity.models import Deputy
from governance.ledger.models import LedgerEntry
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import address, ago, answer, body, proposed
from tests.web import client_of

PAGE = "/amendments/authority/"


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def grant_fields(**fields: Any) -> dict[str, Any]:
    return {
        "systems": ["clay-consigliere"],
        "pointer_1": "/routing_confidence_threshold",
        "step_1": "0.05",
        "max_per_week": "2",
        "expires": day(30),
        "reason": "Small steps of the router are safe to try.",
        **fields,
    }


def deputy_fields(cast: make.Cast, **fields: Any) -> dict[str, Any]:
    wishes = {"principal": cast.users["bo"].id, "deputy": cast.users["uma"].id, "role": "operator"}
    return {**wishes, "starts": day(0), "ends": day(7), **fields}


def granted(cast: make.Cast) -> StandingAuthority:
    return amendments.grant_authority(
        scope=cast.bo,
        systems=["clay-consigliere"],
        pointers={"/routing_confidence_threshold": 0.05},
        max_per_week=1,
        expires_at=timezone.now() + timedelta(days=9),
        reason="Small steps.",
        at=ago(20),
    )


def dream(cast: make.Cast) -> str:
    proposal = make.proposed(
        cast,
        by=cast.tars,
        type=AmendmentType.DREAM_PROMOTION,
        at=timezone.now(),
        routing_confidence_threshold=0.65,
    )
    return make.state_of(cast.bo, proposal)


def test_grant__by_the_operator__lets_tars_promote_alone() -> None:
    cast = make.cast()
    bo = client_of(cast.bo)
    assert "TARS asks a person every time" in body(bo.get(PAGE))
    done = bo.post(f"{PAGE}grant/", grant_fields(), follow=True)
    assert done.redirect_chain == [(f"{PAGE}#main", 302)]
    assert "TARS may now promote such dreams alone" in body(done)
    assert "by at most 0.05" in body(done)
    assert dream(cast) == "applied"
    assert "TARS approved 1 alone in the last seven days" in body(bo.get(PAGE))


def test_grant__without_a_system__redrawn_with_what_was_typed() -> None:
    cast = make.cast()
    refused = client_of(cast.ada).post(f"{PAGE}grant/", grant_fields(systems=[]))
    assert refused.status_code == 422
    assert "Tick the systems TARS may move alone, or every system." in body(refused)
    assert "Small steps of the router are safe to try." in body(refused)
    with in_tenant(cast.tenant.id):
        assert not StandingAuthority.objects.exists()


def test_grant__refused_by_the_verb__reason_stands_at_the_form() -> None:
    cast = make.cast()
    refused = client_of(cast.bo).post(f"{PAGE}grant/", grant_fields(step_1="-1"))
    assert refused.status_code == 422
    assert "The largest step of a field is a number above zero." in body(refused)
    assert 'value="/routing_confidence_threshold"' in body(refused)


def test_revoke__with_a_reason__ends_it_and_without_one_does_not() -> None:
    cast = make.cast()
    grant = granted(cast)
    ada = client_of(cast.ada)
    refused = ada.post(f"{PAGE}{grant.id}/revoke/", {"reason": " "})
    assert refused.status_code == 422
    assert "Say why it ends" in body(refused)
    done = ada.post(f"{PAGE}{grant.id}/revoke/", {"reason": "The audit begins."}, follow=True)
    assert "The audit begins." in body(done)
    assert dream(cast) == "proposed"


def test_revoke__another_tenants_authority__not_found() -> None:
    cast = make.cast()
    grant = granted(cast)
    mallory = client_of(make.stranger())
    assert mallory.post(f"{PAGE}{grant.id}/revoke/", {"reason": "Mine."}).status_code == 404
    assert dream(cast) == "applied"


def test_page__of_the_auditor__says_who_may_instead_of_forms() -> None:
    cast = make.cast()
    grant = granted(cast)
    uma = client_of(cast.uma)
    seen = body(uma.get(PAGE))
    assert "Granting and revoking need the role Operator or Compliance officer." in seen
    assert "Setting and removing a quorum need the role Tenant admin." in seen
    assert f"{PAGE}grant/" not in seen
    assert f"{PAGE}{grant.id}/revoke/" not in seen
    for path, data in (
        ("grant/", grant_fields()),
        (f"{grant.id}/revoke/", {"reason": "No."}),
        ("quorums/", {"type": "manual_update", "role": "operator", "count": "2"}),
        ("deputies/", deputy_fields(cast)),
    ):
        assert uma.post(f"{PAGE}{path}", data).status_code == 403, path
    with in_tenant(cast.tenant.id):
        assert (StandingAuthority.objects.count(), Quorum.objects.count(), Deputy.objects.count()) == (1, 0, 0)
        assert LedgerEntry.objects.filter(action_name="amendments.revoke_authority", event_type="refusal").exists()


def test_page__of_a_member_without_a_desk__forbidden() -> None:
    mel = client_of(make.cast().mel)
    assert mel.get(PAGE).status_code == 403
    assert mel.post(f"{PAGE}grant/", {}).status_code == 403


def test_quorum__set_by_the_admin__makes_open_questions_stale_until_removed() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    tess = client_of(cast.tess)
    wish = {"type": "manual_update", "effect": "", "role": "operator", "count": "2"}
    done = tess.post(f"{PAGE}quorums/", wish, follow=True)
    assert "Manual update now needs at least 2 of Operator." in body(done)
    assert "they must be rebased" in body(done)
    assert "The rules for who approves changed" in body(tess.get(address(proposal)))
    with in_tenant(cast.tenant.id):
        quorum = Quorum.objects.get()
    gone = tess.post(f"{PAGE}quorums/{quorum.id}/remove/", follow=True)
    assert "No quorum of your own" in body(gone)
    assert "The rules for who approves changed" not in body(tess.get(address(proposal)))


def test_deputy__named_on_the_page__approves_for_the_operator() -> None:
    cast = make.cast()
    done = client_of(cast.bo).post(f"{PAGE}deputies/", deputy_fields(cast), follow=True)
    assert "stands in for Bo as Operator" in body(done)
    proposal = proposed(cast, by=cast.cy)
    assert answer(client_of(cast.uma), cast.uma, proposal).status_code == 302
    assert make.state_of(cast.bo, proposal) == "applied"


def test_deputy__for_somebody_else__only_by_the_admin() -> None:
    cast = make.cast()
    assert client_of(cast.cy).post(f"{PAGE}deputies/", deputy_fields(cast)).status_code == 422
    assert client_of(cast.tess).post(f"{PAGE}deputies/", deputy_fields(cast)).status_code == 302
    with in_tenant(cast.tenant.id):
        row = Deputy.objects.get()
    assert client_of(cast.cy).post(f"{PAGE}deputies/{row.id}/end/").status_code == 403
    ended = client_of(cast.bo).post(f"{PAGE}deputies/{row.id}/end/", follow=True)
    assert "Nobody stands in for anybody" in body(ended)


def test_deputy__in_the_past_or_of_oneself__redrawn_with_the_reason() -> None:
    cast = make.cast()
    bo = client_of(cast.bo)
    past = bo.post(f"{PAGE}deputies/", deputy_fields(cast, starts=day(-1)))
    assert past.status_code == 422
    assert "Choose today or a later day." in body(past)
    own = bo.post(f"{PAGE}deputies/", deputy_fields(cast, deputy=cast.users["bo"].id))
    assert own.status_code == 409
    assert "A person cannot be their own deputy." in body(own)


def test_matrix__a_quorum_for_one_effect__gets_its_own_column() -> None:
    plain = matrix()
    assert plain.columns == ("If it tightens or is neutral", "If it expands or cannot be classified")
    wish = TenantQuorum(type=AmendmentType.MANUAL_UPDATE, effect=Effect.EXPANDS, role=Role.OPERATOR, count=3)
    assert matrix([wish]).columns[1:] == ("If it expands", "If it cannot be classified")


def test_page__queries__do_not_grow_with_rows() -> None:
    cast = make.cast()
    tess = client_of(cast.tess)
    tess.post(f"{PAGE}deputies/", deputy_fields(cast))
    granted(cast)
    tess.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        tess.get(PAGE)
    granted(cast)
    tess.post(f"{PAGE}deputies/", deputy_fields(cast, deputy=cast.users["sam"].id))
    tess.post(f"{PAGE}quorums/", {"type": "manual_update", "role": "operator", "count": "2"})
    tess.get(PAGE)
    with CaptureQueriesContext(connection) as more:
        tess.get(PAGE)
    assert len(more) == len(few)


def test_grant__says_its_uses_and_why_it_is_not_used_now() -> None:
    cast = make.cast()
    granted(cast)
    uma = client_of(cast.uma)
    page = uma.get(PAGE).content.decode()
    assert "It was never used." in page and "not used now" not in page
    assert dream(cast) == "applied"
    page = uma.get(PAGE).content.decode()
    assert "Used 1 times in seven days" in page and "as often as it may be in seven days" in page
    assert "not used now" in page
    set_state(scope=cast.ada, system_name="clay-consigliere", state="HOLD", reason="It drifts.", at=timezone.now())
    assert "clay-consigliere:" in uma.get(PAGE).content.decode()
