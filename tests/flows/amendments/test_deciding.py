"""An officer or operator decides on an amendment's page, with a password and without JavaScript."""

from __future__ import annotations

from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals.models import ApprovalDecision
from governance.ledger.models import LedgerEntry
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import address, ago, answer, applied, body, proposed
from tests.web import client_of


def test_page__second_operator__sees_sentence_changes_authority_and_buttons() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    page = body(client_of(cast.cy).get(address(proposal)))
    assert "Fallback waits 200 ms instead of 500 ms." in page
    assert "/fallback_delay_ms" in page
    assert "Needs 1 of Operator; nobody has approved." in page
    assert 'data-key="a"' in page
    assert 'autocomplete="current-password"' in page
    assert make.digest_of(cast.cy, proposal) in page


def test_page__its_proposer__sees_the_button_rest_with_the_reason() -> None:
    cast = make.cast()
    page = body(client_of(cast.bo).get(address(proposed(cast))))
    assert "You proposed this; a second person must decide it." in page
    assert 'aria-disabled="true"' in page
    assert 'id="decide-form"' not in page
    assert "Withdraw" in page


def test_page__officer_whose_role_does_not_count__sees_why() -> None:
    cast = make.cast()
    page = body(client_of(cast.ada).get(address(proposed(cast))))
    assert "This still needs 1 of Operator; your role does not count for it." in page


def test_page__auditor__reads_and_ticks_and_has_no_other_form() -> None:
    cast = make.cast()
    page = body(client_of(cast.uma).get(address(proposed(cast))))
    main = page.split('<main id="main"')[1].split("</main>")[0]
    assert main.count("<form") == main.count('<form id="tick-') == 1
    assert "Your seat is read-only." in main


def test_page__member__is_refused() -> None:
    cast = make.cast()
    assert client_of(cast.mel).get(address(proposed(cast))).status_code == 403


def test_page__another_tenants_amendment__is_not_found() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposal = proposed(cast)
    client = client_of(mallory)
    assert client.get(address(proposal)).status_code == 404
    refused = client.post(address(proposal, "approve"), {"digest": "x", "confirm": make.PASSWORD})
    assert refused.status_code == 404
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_page__not_signed_in__goes_to_sign_in() -> None:
    from django.test import Client

    response = Client().get("/amendments/AMD-1/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_approve__right_password__applies_and_goes_back_to_the_page() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    client = client_of(cast.cy)
    response = answer(client, cast.cy, proposal)
    assert response.status_code == 302
    assert response["Location"] == address(proposal)
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200
    page = body(client.get(address(proposal)))
    assert "You approved AMD-1, and it took effect on clay-consigliere." in page
    assert "as Operator, confirmed by password" in page
    assert "In force" in page


def test_approve__through_htmx__returns_the_panel_and_says_so() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = answer(client_of(cast.cy), cast.cy, proposal, htmx=True)
    assert response.status_code == 200
    page = body(response)
    assert page.lstrip().startswith('<article id="amendment"')
    assert "<html" not in page
    assert "took effect" in response["HX-Trigger"]


def test_approve__wrong_password__decides_nothing_and_keeps_the_note() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = answer(client_of(cast.cy), cast.cy, proposal, password="wrong", note="Seems <b>fine</b> to me")
    page = body(response)
    assert response.status_code == 403
    assert "That password is not right. Nothing was decided; try again." in page
    assert "Seems &lt;b&gt;fine&lt;/b&gt; to me" in page
    assert "wrong" not in page
    assert make.state_of(cast.bo, proposal) == "proposed"
    with in_tenant(cast.tenant.id):
        assert not ApprovalDecision.objects.exists()


def test_approve__page_gone_stale__says_what_to_do_and_shows_the_new_digest() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    applied(cast, latency_target_ms=900)
    response = answer(client_of(cast.cy), cast.cy, proposal)
    page = body(response)
    assert response.status_code == 409
    assert "clay-consigliere moved from version 1 to 2" in page
    assert "AMD-2 took effect" in page
    assert "/latency_target_ms" in page
    assert "Rebase" in page


def test_approve__digest_of_an_earlier_revision__refused() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = answer(client_of(cast.cy), cast.cy, proposal, digest="sha256:" + "0" * 64)
    assert response.status_code == 409
    assert "This changed since you opened it" in body(response)
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_approve__second_click__is_told_it_happened() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client, digest = client_of(cast.cy), make.digest_of(cast.cy, proposal)
    assert answer(client, cast.cy, proposal, digest=digest).status_code == 302
    again = answer(client, cast.cy, proposal, digest=digest)
    assert again.status_code == 409
    assert "AMD-1 is applied, so you cannot approve it." in body(again)
    with in_tenant(cast.tenant.id):
        assert ApprovalDecision.objects.count() == 1


def test_approve__auditor_by_hand__refused_and_on_the_ledger() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = answer(client_of(cast.uma), cast.uma, proposal)
    assert response.status_code == 403
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal", action_name="amendments.approve").exists()


def test_approve__member_by_hand__refused_without_showing_the_record() -> None:
    cast = make.cast()
    response = answer(client_of(cast.mel), cast.cy, proposed(cast, fallback_delay_ms=200))
    assert response.status_code == 403
    assert "Fallback waits" not in body(response)


def test_approve__two_needed__second_sees_the_first() -> None:
    cast = make.cast()
    proposal = proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=["payroll", "voice-synthesis"])
    answer(client_of(cast.cy), cast.cy, proposal, note="Tested on Monday")
    page = body(client_of(cast.ada).get(address(proposal)))
    assert "Needs 1 of Operator and 1 of Compliance officer; one has approved." in page
    assert "Tested on Monday" in page
    mine = body(client_of(cast.cy).get(address(proposal)))
    assert "You have answered this: approved." in mine
    assert answer(client_of(cast.ada), cast.ada, proposal).status_code == 302
    assert make.state_of(cast.bo, proposal) == "applied"


def test_reject__without_a_note__asks_for_one() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = answer(client_of(cast.cy), cast.cy, proposal, "reject")
    assert response.status_code == 422
    assert "Say why" in body(response)
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_reject__with_a_note__closes_it() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    client = client_of(cast.cy)
    assert answer(client, cast.cy, proposal, "reject", note="Too fast").status_code == 302
    assert make.state_of(cast.bo, proposal) == "rejected"
    assert "Too fast" in body(client.get(address(proposal)))


def test_request_changes__goes_back_to_its_proposer_who_revises() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    answer(client_of(cast.cy), cast.cy, proposal, "request-changes", note="Not below 250")
    client = client_of(cast.bo)
    assert "Waiting for you to revise it" in body(client.get(address(proposal)))
    assert "200" in body(client.get(address(proposal, "revise")))


def test_rebase__then_only_the_delta_is_shown() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    applied(cast, latency_target_ms=900)
    client = client_of(cast.cy)
    assert client.post(address(proposal, "rebase")).status_code == 302
    page = body(client.get(address(proposal)))
    assert "Changed since revision 1" in page
    assert "It asks for the same as revision 1, now on version 2 instead of 1." in page
    assert answer(client, cast.cy, proposal).status_code == 302
    assert make.constitution_of(cast.bo)["latency_target_ms"] == 900


def test_rebase__both_changed_the_same_place__is_refused_by_pointer() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    applied(cast, fallback_delay_ms=300)
    client = client_of(cast.cy)
    assert "must revise it" in body(client.get(address(proposal)))
    response = client.post(address(proposal, "rebase"))
    assert response.status_code == 409
    assert "/fallback_delay_ms" in body(response)


def test_rivals__another_open_proposal_on_the_same_place__is_named() -> None:
    cast = make.cast()
    first, second = proposed(cast, fallback_delay_ms=200), proposed(cast, fallback_delay_ms=300)
    other = proposed(cast, latency_target_ms=800)
    page = body(client_of(cast.cy).get(address(first)))
    assert f'href="{address(second)}"' in page
    assert f'href="{address(other)}"' not in page


def test_withdraw__by_its_proposer__closes_it() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    assert client_of(cast.bo).post(address(proposal, "withdraw"), {"why": "No longer wanted"}).status_code == 302
    assert make.state_of(cast.bo, proposal) == "withdrawn"


def test_withdraw__by_somebody_else__refused() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    assert client_of(cast.cy).post(address(proposal, "withdraw"), {"why": ""}).status_code == 403
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_send__a_draft__asks_those_who_decide() -> None:
    cast = make.cast()
    draft = proposed(cast, is_draft=True)
    client = client_of(cast.bo)
    assert "Send it" in body(client.get(address(draft)))
    assert client.post(address(draft, "send")).status_code == 302
    assert make.state_of(cast.bo, draft) == "proposed"


def test_override__nobody_holds_the_role__is_offered_signed_and_reviewed() -> None:
    home = make.tenant()
    _, tess = make.seated(tenant=home, name="tess", roles=[Role.ADMIN])
    _, bo = make.seated(tenant=home, name="bo", roles=[Role.OPERATOR])
    _, sam = make.seated(tenant=home, name="sam", roles=[Role.SECURITY])
    system = make.register_system(
        scope=bo, name="clay-consigliere", type=make.SystemType.AGENT, constitution=make.CLAY, at=make.AT
    )
    cast = make.Cast(
        tenant=home,
        tars=make.tars_scope(home.id),
        ada=tess,
        bo=bo,
        cy=bo,
        uma=tess,
        tess=tess,
        sam=sam,
        mel=tess,
        users={},
        system=system,
    )
    proposal = proposed(cast)
    client = client_of(tess)
    page = body(client.get(address(proposal)))
    assert "Break glass and approve" in page and 'name="override"' not in page
    assert "Nobody else holds this role." in page
    assert 'id="decide-form"' not in page, "nothing beside it looks like an ordinary answer"
    glass = address(proposal, "break-glass")
    form = {"digest": make.digest_of(tess, proposal), "confirm": make.PASSWORD}
    short = client.post(glass, {**form, "note": "Cy is away"})
    assert short.status_code == 422 and "at least 20 characters" in body(short) and "Cy is away" in body(short)
    assert client.post(glass, {**form, "note": "Cy is on leave until Monday.", "confirm": "wrong"}).status_code == 403
    assert client.post(glass, {**form, "note": "Cy is on leave until Monday."}).status_code == 302
    assert make.state_of(bo, proposal) == "applied"
    review_page = body(client_of(sam).get(address(proposal)))
    assert "This override waits for your review" in review_page
    with in_tenant(home.id):
        decision = ApprovalDecision.objects.get()
    url = address(proposal, "overrides", str(decision.id))
    assert client.post(url, {"upheld": "yes", "review_note": "mine"}).status_code == 403
    assert client_of(sam).post(url, {"upheld": "no", "review_note": "Cy was reachable"}).status_code == 302
    assert "not upheld by" in body(client.get(address(proposal)))


def test_page__hostile_text__is_escaped_everywhere() -> None:
    cast = make.cast()
    evil = "<script>alert(1)</script>"
    proposal = proposed(
        cast,
        evidence={"reason": evil, "jira_ticket": "javascript:alert(1)", "x<img src=x>": ["</textarea>" + evil]},
        persona_id=evil,
        **{f"new{evil}": {evil: evil}},
    )
    client = client_of(cast.cy)
    for view in ("fields", "side", "patch"):
        page = body(client.get(address(proposal), {"view": view}))
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
        assert 'href="javascript' not in page
    revise = body(client_of(cast.bo).get(address(proposal, "revise")))
    assert "<script>alert" not in revise


def test_views__side_and_patch__come_from_the_stored_bytes_after_apply() -> None:
    cast = make.cast()
    first = applied(cast, fallback_delay_ms=200)
    applied(cast, fallback_delay_ms=300)
    client = client_of(cast.uma)
    side = body(client.get(address(first), {"view": "side"}))
    assert "json-line del" in side
    assert "json-line add" in side
    assert "300" not in side.split('class="side"')[1].split("</section>")[0]
    patch = body(client.get(address(first), {"view": "patch"}))
    assert "&quot;replace&quot;" in patch


def test_tab__through_htmx__returns_only_the_changes() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    response = client_of(cast.cy).get(
        address(proposal), {"view": "patch"}, headers={"HX-Request": "true", "HX-Target": "changes"}
    )
    page = body(response)
    assert page.lstrip().startswith('<div id="changes"')
    assert "decide-form" not in page
    assert "HX-Request" in response["Vary"]


def test_secret_values__are_not_shown_among_the_changes() -> None:
    cast = make.cast()
    proposal = proposed(cast, vault={"api_key": "hunter2-very-secret"})
    page = body(client_of(cast.cy).get(address(proposal)))
    assert "hunter2" not in page.split('id="changes"')[1].split("</section>")[0]


def test_expired__shows_the_reason_instead_of_the_buttons() -> None:
    cast = make.cast()
    proposal = proposed(cast, at=ago(60 * 24 * 40))
    page = body(client_of(cast.cy).get(address(proposal)))
    assert "AMD-1 expired on" in page
    assert 'id="decide-form"' not in page


def test_post_only__get__is_not_allowed() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    for verb in ("approve", "reject", "request-changes", "rebase", "withdraw", "send"):
        assert client_of(cast.cy).get(address(proposal, verb)).status_code == 405


def test_basis__compliance__says_that_it_cannot_be_rolled_back_and_why() -> None:
    cast = make.cast()
    proposal = proposed(
        cast, type=AmendmentType.GOVERNANCE_TIGHTENING, basis=Basis.COMPLIANCE, audit_trail_required=True
    )
    make.approve(cast.ada, proposal, at=ago(1))
    page = body(client_of(cast.bo).get(address(proposal)))
    assert "cannot be rolled back: it is a legal requirement" in page
    assert 'data-opens="undo"' not in page
