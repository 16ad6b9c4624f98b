"""Proposing and revising through the editor: nothing typed is lost, nothing is written by looking."""

from __future__ import annotations

import json
from typing import Any

from governance.amendments.models import AmendmentProposal
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.amendments.scenes import HTMX, address, ago, answer, applied, body, proposed
from tests.web import client_of

PROPOSE = "/amendments/propose/"


def form(cast: make.Cast, **fields: Any) -> dict[str, Any]:
    """The form as a browser would send it, with these fields of the constitution set."""
    document = make.changed(make.constitution_of(cast.bo), **fields)
    return {
        "system": "clay-consigliere",
        "base_version": "1",
        "type": "manual_update",
        "basis": "ordinary",
        "constitution": json.dumps(document),
        "evidence-reason": "Fewer timeouts",
        "intent": "propose",
    }


def count(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return AmendmentProposal.objects.count()


def test_propose__no_system_given__offers_the_systems() -> None:
    cast = make.cast()
    assert "?system=clay-consigliere" in body(client_of(cast.bo).get(PROPOSE))


def test_propose__page__starts_from_todays_constitution() -> None:
    cast = make.cast()
    page = body(client_of(cast.bo).get(PROPOSE, {"system": "clay-consigliere"}))
    assert "&quot;fallback_delay_ms&quot;: 500" in page
    assert "data-json" in page
    assert 'name="base_version" value="1"' in page
    assert "Dream promotion" not in page


def test_propose__without_javascript__proposes_and_goes_to_the_amendment() -> None:
    cast = make.cast()
    response = client_of(cast.bo).post(PROPOSE, form(cast, fallback_delay_ms=250))
    assert response.status_code == 302
    assert response["Location"] == "/amendments/AMD-1/"
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.get()
    assert proposal.state == "proposed"
    assert proposal.proposed_by == cast.bo.actor.name


def test_propose__draft__needs_no_evidence() -> None:
    cast = make.cast()
    data = {**form(cast, fallback_delay_ms=250), "evidence-reason": "", "intent": "draft"}
    assert client_of(cast.bo).post(PROPOSE, data).status_code == 302
    with in_tenant(cast.tenant.id):
        assert AmendmentProposal.objects.get().state == "draft"


def test_propose__evidence_missing__names_the_field_and_keeps_everything() -> None:
    cast = make.cast()
    data = {**form(cast, fallback_delay_ms=251), "evidence-reason": "", "evidence-jira_ticket": "OMS-7"}
    response = client_of(cast.bo).post(PROPOSE, data)
    page = body(response)
    assert response.status_code == 422
    assert "Reason is missing." in page
    assert "&quot;fallback_delay_ms&quot;: 251" in page
    assert "OMS-7" in page
    assert count(cast) == 0


def test_propose__broken_json__says_where_and_keeps_the_text() -> None:
    cast = make.cast()
    for text, told in (
        ('{"skill": "a",}', "line 1"),
        ('{"skill": "a", "skill": "b"}', "comes twice"),
        ("[1]", "is a JSON object"),
        ("", "This field is required"),
    ):
        response = client_of(cast.bo).post(PROPOSE, {**form(cast), "constitution": text})
        assert response.status_code == 422
        assert told in body(response)
    assert count(cast) == 0


def test_propose__no_constitution__is_refused_by_pointer() -> None:
    cast = make.cast()
    response = client_of(cast.bo).post(PROPOSE, form(cast, capabilities="everything"))
    assert response.status_code == 422
    assert "/capabilities" in body(response)


def test_propose__base_moved_meanwhile__refuses_and_keeps_the_text() -> None:
    cast = make.cast()
    data = form(cast, fallback_delay_ms=251)
    applied(cast, latency_target_ms=900)
    response = client_of(cast.bo).post(PROPOSE, data)
    assert response.status_code == 409
    assert "moved to version 2 while you edited version 1" in body(response)
    assert "&quot;fallback_delay_ms&quot;: 251" in body(response)
    assert count(cast) == 1


def test_propose__type_that_does_not_fit__says_why() -> None:
    cast = make.cast()
    data = {
        **form(cast, fallback_delay_ms=251),
        "type": "capability_expansion",
        "evidence-testing_status": "passed",
        "evidence-deployment_plan": "Tuesday",
    }
    response = client_of(cast.bo).post(PROPOSE, data)
    assert response.status_code == 422
    assert "must add a capability" in body(response)


def test_propose__dream_promotion_by_hand__is_no_choice() -> None:
    cast = make.cast()
    response = client_of(cast.bo).post(PROPOSE, {**form(cast, fallback_delay_ms=251), "type": "dream_promotion"})
    assert response.status_code == 422
    assert count(cast) == 0


def test_propose__free_evidence__is_kept() -> None:
    cast = make.cast()
    data = {**form(cast, fallback_delay_ms=251), "evidence_more": '{"replay_days": 30}'}
    client = client_of(cast.bo)
    client.post(PROPOSE, data)
    assert "Replay days" in body(client.get("/amendments/AMD-1/"))


def test_propose__auditor_and_stranger__refused() -> None:
    cast, mallory = make.cast(), make.stranger()
    assert client_of(cast.uma).post(PROPOSE, form(cast, fallback_delay_ms=251)).status_code == 403
    assert client_of(mallory).post(PROPOSE, form(cast, fallback_delay_ms=251)).status_code == 404
    assert count(cast) == 0


def test_preview__says_the_sentence_the_need_and_the_gap_and_writes_nothing() -> None:
    cast = make.cast()
    data = {**form(cast, capabilities=["payroll", "voice-synthesis"]), "evidence-reason": ""}
    response = client_of(cast.bo).post("/amendments/preview/", data, **HTMX)
    page = body(response)
    assert response.status_code == 200
    assert "Voice-synthesis" in page
    assert "Will need 1 of Operator and 1 of Compliance officer." in page
    assert "Missing evidence" in page
    assert count(cast) == 0


def test_preview__other_type_chosen__brings_its_evidence_fields_and_keeps_the_typed() -> None:
    cast = make.cast()
    data = {
        **form(cast),
        "type": "governance_tightening",
        "evidence-jira_ticket": "OMS-7",
        "shown": "manual_update ordinary",
    }
    page = body(client_of(cast.bo).post("/amendments/preview/", data, **HTMX))
    assert 'hx-swap-oob="true"' in page
    assert "gov.md section" in page
    assert 'type="hidden" name="evidence-jira_ticket" value="OMS-7"' in page
    same = body(
        client_of(cast.bo).post("/amendments/preview/", {**data, "shown": "governance_tightening ordinary"}, **HTMX)
    )
    assert "hx-swap-oob" not in same


def test_preview__broken_and_senseless_documents__are_explained() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    assert "This cannot be read yet." in body(client.post("/amendments/preview/", {**form(cast), "constitution": "{"}))
    senseless = body(client.post("/amendments/preview/", form(cast, capabilities=7)))
    assert "This is not a constitution yet." in senseless
    assert "Nothing changes" in body(client.post("/amendments/preview/", form(cast)))
    security = body(client.post("/amendments/preview/", {**form(cast, x=1), "basis": "security_patch"}))
    assert "is proposed by Security" in security


def test_revise__own_proposal__makes_the_next_revision() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    client = client_of(cast.bo)
    data = {**form(cast, fallback_delay_ms=250), "intent": "revise", "why": "Not that low", "revises": "1"}
    assert client.post(address(proposal, "revise"), data).status_code == 302
    page = body(client.get(address(proposal)))
    assert "Changed since revision 1" in page
    assert "Not that low" in page


def test_revise__base_moved__starts_from_todays_constitution_with_the_changes_on_top() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    applied(cast, latency_target_ms=900)
    page = body(client_of(cast.bo).get(address(proposal, "revise")))
    assert "Your changes were carried over to it." in page
    assert "&quot;latency_target_ms&quot;: 900" in page
    assert "&quot;fallback_delay_ms&quot;: 200" in page
    assert 'name="base_version" value="2"' in page


def test_revise__text_of_an_older_base__is_refused_so_that_nothing_is_undone() -> None:
    cast = make.cast()
    proposal = proposed(cast, fallback_delay_ms=200)
    data = {**form(cast, fallback_delay_ms=250), "intent": "revise", "why": ""}
    applied(cast, latency_target_ms=900)
    assert client_of(cast.bo).post(address(proposal, "revise"), data).status_code == 409


def test_revise__somebody_elses_or_decided__refused() -> None:
    cast = make.cast()
    proposal = proposed(cast)
    assert client_of(cast.cy).get(address(proposal, "revise")).status_code == 403
    answer(client_of(cast.cy), cast.cy, proposal)
    assert client_of(cast.bo).get(address(proposal, "revise")).status_code == 409


def test_effective_date__in_the_past__refused_and_ahead_scheduled() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    past = {**form(cast, fallback_delay_ms=250), "effective_at": f"{ago(60):%Y-%m-%dT%H:%M}"}
    assert client.post(PROPOSE, past).status_code == 422
    ahead = {**form(cast, fallback_delay_ms=250), "effective_at": f"{ago(-60 * 24):%Y-%m-%dT%H:%M}"}
    assert client.post(PROPOSE, ahead).status_code == 302
    with in_tenant(cast.tenant.id):
        proposal = AmendmentProposal.objects.get()
    answer(client_of(cast.cy), cast.cy, proposal)
    assert make.state_of(cast.bo, proposal) == "scheduled"
    assert "Takes effect" in body(client.get(address(proposal)))
