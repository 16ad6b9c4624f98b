"""The law as a document, and its way in: look, then propose, then read what came into force."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.amendments.models import AmendmentProposal
from governance.rulebook.models import SessionRule
from governance.rulebook.session_actions import update_session
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.lawbook.test_import import GOV, imported
from tests.web import client_of

IMPORT = "/rulebook/import/"
HOSTILE = (
    b"## 7 A <script>alert(1)</script>\n\n7.3 **B.** [x](javascript:alert(1)) <b>bold</b> ![p](http://evil/x.png)\n"
)


def post(client: Client, **fields: object) -> object:
    return client.post(IMPORT, {"format": "gov_md", "name": "", **fields})


def rule_of(scope: Scope, sentence: str) -> SessionRule:
    update_session(scope=scope, session="night", rule=sentence, at=make.later(0))
    with in_tenant(scope.tenant_id):
        return SessionRule.objects.get(text=sentence)


def test_before_the_first_import__the_page_says_what_to_do() -> None:
    page = client_of(make.cast().ada).get("/rulebook/law/")
    assert page.status_code == 200
    assert "There is no law yet" in page.content.decode()


def test_look__then_propose__then_read() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    looked = client.post(
        IMPORT, {"format": "gov_md", "name": "", "intent": "preview", "file": SimpleUploadedFile("gov.md", GOV)}
    )
    text = looked.content.decode()
    assert looked.status_code == 200
    assert "The document gov.md becomes law, 2 clauses and 1 rule." in text
    assert "Propose this law" in text and "gov.md 7.3" in text
    form = looked.context["form"].initial
    sent = client.post(IMPORT, {**form, "intent": "propose", "reason": "GDPR", "gov_md_section": "7.3"})
    assert sent.status_code == 302
    with in_tenant(cast.bo.tenant_id):
        proposal = AmendmentProposal.objects.get(system__name="law")
    make.approve(cast.ada, proposal, at=make.later())
    page = client_of(cast.uma).get("/rulebook/law/").content.decode()
    assert 'id="gov.md/7.3"' in page
    assert "Deletions need approval" in page and "approved(&quot;delete_*&quot;)" in page


def test_text_sent_by_a_browser__has_the_digest_of_its_file() -> None:
    cast = make.cast()
    post(client_of(cast.bo), text=GOV.decode().replace("\n", "\r\n"), intent="propose", reason="GDPR")
    with in_tenant(cast.bo.tenant_id):
        proposal = AmendmentProposal.objects.get(system__name="law")
    make.approve(cast.ada, proposal, at=make.later())
    again = post(client_of(cast.bo), text=GOV.decode(), intent="preview")
    assert "word for word" in again.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("intent", ["preview", "propose"])
def test_a_file_that_cannot_be_read__names_line_and_column(intent: str) -> None:
    answer = post(client_of(make.cast().bo), text=GOV.decode().replace("=> [O]", "==> [O]"), intent=intent, reason="x")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "line 8, column" in answer.content.decode()  # type: ignore[attr-defined]


def test_unsound_law__shows_every_finding_and_no_way_to_propose() -> None:
    bad = GOV.decode() + "\n7.9 Bad.\n\n```rules\na: => [F] pay\nb: => [P] pay\n```\n"
    cast = make.cast()
    text = post(client_of(cast.bo), text=bad, intent="preview").content.decode()  # type: ignore[attr-defined]
    assert "gov.md/a" in text and "gov.md/b" in text
    assert "Propose this law" not in text
    refused = post(client_of(cast.bo), text=bad, intent="propose", reason="x")
    assert refused.status_code == 422  # type: ignore[attr-defined]


def test_nothing_given__asks_for_a_file() -> None:
    assert "Choose a file" in post(client_of(make.cast().bo), intent="preview").content.decode()  # type: ignore[attr-defined]


def test_an_auditor__may_look_but_not_propose() -> None:
    cast = make.cast()
    client = client_of(cast.uma)
    assert post(client, text=GOV.decode(), intent="preview").status_code == 200  # type: ignore[attr-defined]
    assert post(client, text=GOV.decode(), intent="propose", reason="x").status_code == 403  # type: ignore[attr-defined]


def test_hostile_prose__stays_text() -> None:
    cast = make.cast()
    make.approve(cast.cy, imported(cast.bo, HOSTILE))
    page = client_of(cast.uma).get("/rulebook/law/").content.decode()
    assert "<script>alert" not in page and 'href="javascript:' not in page
    assert "<b>bold" not in page and "<img" not in page.split("gov.md/7.3")[1]


def test_the_law_page__reads_in_a_constant_number_of_queries(django_assert_num_queries: object) -> None:
    cast = make.cast()
    more = GOV + b"".join(f"\n7.{n} Prose.\n\n```rules\nr{n}: => [F] act{n}\n```\n".encode() for n in range(4, 30))
    make.approve(cast.ada, imported(cast.bo, more))
    client = client_of(cast.uma)
    client.get("/rulebook/law/")
    with django_assert_num_queries(_count(client, cast)):  # type: ignore[operator]
        client.get("/rulebook/law/")


def _count(client: Client, cast: make.Cast) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    small = make.cast()
    make.approve(small.ada, imported(small.bo))
    other = client_of(small.uma)
    other.get("/rulebook/law/")
    with CaptureQueriesContext(connection) as seen:
        other.get("/rulebook/law/")
    return len(seen)


def test_a_session_rule__becomes_an_amendment_of_the_law_with_its_usage() -> None:
    cast = make.cast()
    rule = rule_of(cast.bo, "no network calls")
    client = client_of(cast.bo)
    address = f"/rulebook/law/promote/{rule.id}/"
    page = client.get(address)
    assert page.status_code == 200 and "no network calls" in page.content.decode()
    assert "It needs " in page.content.decode() and 'href="/sessions/night/"' in page.content.decode()
    sent = client.post(address, {"reason": "It held for a month.", "base_version": "0"})
    assert sent.status_code == 302
    with in_tenant(cast.bo.tenant_id):
        proposal = AmendmentProposal.objects.get(system__name="law")
        evidence = proposal.revisions.get().evidence
    assert proposal.amendment_type == "governance_tightening"
    assert evidence["session"] == "night" and evidence["uses"] == 0 and evidence["session_rule"] == "no network calls"
    make.approve(cast.ada, proposal, at=make.later())
    law = client_of(cast.uma).get("/rulebook/law/").content.decode()
    assert "Promoted session rules" in law and "session-promotions/1" in law


def test_only_rules__are_promoted_with_their_helpers() -> None:
    cast = make.cast()
    rule = rule_of(cast.bo, "only read_file")
    page = client_of(cast.bo).get(f"/rulebook/law/promote/{rule.id}/")
    assert "Propose this law" in page.content.decode()


def test_guidance__cannot_be_promoted() -> None:
    cast = make.cast()
    rule = rule_of(cast.bo, "prefer unit tests over integration tests")
    assert client_of(cast.bo).get(f"/rulebook/law/promote/{rule.id}/").status_code == 409


def test_a_stranger__finds_no_such_rule() -> None:
    cast = make.cast()
    rule = rule_of(cast.bo, "no network calls")
    assert client_of(make.stranger()).get(f"/rulebook/law/promote/{rule.id}/").status_code == 404


def test_evidence__of_one_section__leads_to_its_clause() -> None:
    cast = make.cast()
    proposal = imported(cast.bo)
    page = client_of(cast.ada).get(f"/amendments/AMD-{proposal.number}/").content.decode()
    assert 'href="/rulebook/law/#gov.md/7.3"' in page
