"""Law is imported as an amendment of the tenant's law; what is unsound or unread never touches the law in force."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from governance.amendments.errors import MergeConflict
from governance.amendments.models import AmendmentProposal
from governance.errors import DomainError, NotAllowed
from governance.lawbook import actions, queries
from governance.lawbook.proposing import BadName
from governance.lawbook.translation import BadLawFile
from governance.policy.errors import Unsound
from governance.policy.verdict import Outcome
from governance.registry.models import System
from governance.rulebook.actions.cases import save_case
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once

GOV = b"""# OMS governance

## 7 Data protection

7.3 **Deletions need approval.** Personal data goes only after a person agreed (GDPR Art. 17).

```rules
deletions: => [O] approved("delete_*")
```
"""
MORE = GOV + b"\n7.4 No exports.\n\n```rules\nexports: => [F] export_pii\n```\n"
PERMITS = GOV + b"\n7.5 Reading.\n\n```rules\nreading: => [P] read_reports\n```\n"


def imported(scope: Scope, content: bytes = GOV, **fields: Any) -> AmendmentProposal:
    fields = {"format": "gov_md", "evidence": {"reason": "GDPR"}, "at": make.AT} | fields
    return actions.propose_import(scope=scope, content=content, **fields)


def law_of(scope: Scope) -> queries.LawInForce:
    with in_tenant(scope.tenant_id):
        return queries.law_in_force(scope=scope)


def preview_of(scope: Scope, content: bytes, *, format: str = "gov_md", name: str = "") -> queries.Preview:
    with in_tenant(scope.tenant_id):
        return queries.preview_import(scope=scope, format=format, name=name, content=content, at=make.AT)


def test_the_first_import__registers_the_empty_law_and_proposes_a_tightening() -> None:
    cast = make.cast()
    proposal = imported(cast.ada)
    law = law_of(cast.ada)
    assert (law.version, law.constitution["documents"]) == (1, {})
    assert (proposal.amendment_type, proposal.effect) == ("governance_tightening", "tightens")
    assert proposal.sentence == "The document gov.md becomes law, 2 clauses and 1 rule."


def test_approval__brings_it_into_force_with_its_file_as_evidence() -> None:
    cast = make.cast()
    proposal = imported(cast.bo)
    make.approve(cast.ada, proposal)
    law = law_of(cast.ada)
    assert law.version == 2
    assert law.constitution["documents"]["gov.md"]["clauses"]["7.3"]["title"] == "Deletions need approval"
    with in_tenant(cast.ada.tenant_id):
        evidence = AmendmentProposal.objects.get(id=proposal.id).revisions.get().evidence
    assert evidence["gov_md_section"] == "7.3"
    assert evidence["attachments"][0]["digest"] == evidence["law_file_digest"]


def test_what_permits__is_a_manual_update_and_asks_operator_and_officer() -> None:
    cast = make.cast()
    proposal = imported(cast.bo, PERMITS)
    assert (proposal.amendment_type, proposal.effect) == ("manual_update", "expands")


def test_the_same_file_again__changes_nothing() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo))
    assert not preview_of(cast.bo, GOV).is_new
    with pytest.raises(actions.NothingChanges):
        imported(cast.bo)


def test_a_preview__names_rules_that_come_and_writes_nothing() -> None:
    cast = make.cast()
    preview = preview_of(cast.uma, MORE)
    assert [(change.id, change.kind, change.clause) for change in preview.rules] == [
        ("gov.md/deletions", "added", "gov.md 7.3"),
        ("gov.md/exports", "added", "gov.md 7.4"),
    ]
    assert preview.rules[1].words.lower() == "export_pii is forbidden."
    assert preview.can_propose
    with in_tenant(cast.uma.tenant_id):
        assert not System.objects.filter(name="law").exists()


def test_a_preview__names_rules_that_change_and_go() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo, MORE))
    fewer = GOV.replace(b"=> [O]", b"big => [O]")
    preview = preview_of(cast.uma, fewer)
    assert [(change.id, change.kind) for change in preview.rules] == [
        ("gov.md/deletions", "changed"),
        ("gov.md/exports", "removed"),
    ]
    assert preview.effect.value == "expands"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("a: => [F] pay\nb: => [P] pay", "conflict"),
        ("a: x => y\nb: y => x\nc: y => [F] pay", "circle"),
        ("a: => [P] pay (weight 1000)", "above_its_class"),
        ("a: => approved(pay)", "reserved_name"),
        ("a: => [F] pay\na > nobody", "preference"),
    ],
)
def test_unsound_law__refused_with_every_finding_and_nothing_is_touched(rules: str, code: str) -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo))
    before = law_of(cast.ada)
    bad = GOV + f"\n7.9 Bad.\n\n```rules\n{rules}\n```\n".encode()
    with pytest.raises(Unsound) as refused:
        imported(cast.bo, bad)
    assert any(code in finding.code for finding in refused.value.findings), refused.value.findings
    assert law_of(cast.ada) == before
    with in_tenant(cast.ada.tenant_id):
        assert AmendmentProposal.objects.filter(system__name="law").count() == 1


def test_a_conflict_between_two_documents__names_both_rules_and_sources() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo, MORE))
    other = b"## 1 Exports\n\n```rules\nmay: => [P] export_pii\n```\n"
    preview = preview_of(cast.bo, other, name="handbook.md")
    said = " ".join(finding.sentence for finding in preview.findings)
    assert "gov.md/exports" in said and "handbook.md/may" in said
    assert "gov.md 7.4" in said and "handbook.md 1" in said


def test_an_unreadable_file__leaves_no_trace() -> None:
    cast = make.cast()
    with pytest.raises(BadLawFile):
        imported(cast.bo, GOV.replace(b"=> [O]", b"==> [O]"))
    with in_tenant(cast.bo.tenant_id):
        assert not System.objects.filter(name="law").exists()


def test_two_imports_at_once__the_second_is_made_from_an_old_law() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo))
    seen = preview_of(cast.bo, MORE).base_version
    make.approve(cast.ada, imported(cast.cy, MORE))
    with pytest.raises(MergeConflict, match="moved to version"):
        imported(cast.bo, MORE + b"\n7.6 Prose.\n", base_version=seen)


def test_the_first_import__by_two_in_the_same_moment__one_law_two_proposals_and_only_one_comes_into_force() -> None:
    cast = make.cast()
    told = at_once([partial(imported, cast.bo), partial(imported, cast.cy)])
    assert [one.refusal for one in told] == [None, None]
    with in_tenant(cast.bo.tenant_id):
        assert System.objects.filter(name="law").count() == 1
    first, second = (one.result for one in told)
    make.approve(cast.ada, first)
    with pytest.raises(DomainError, match=r"law moved from version 1 to 2 .* Rebase it"):
        make.approve(cast.ada, second)
    assert law_of(cast.bo).version == 2


@pytest.mark.parametrize("who", ["uma", "mel"])
def test_who_may_not_propose__refused(who: str) -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed):
        imported(getattr(cast, who))


def test_a_stranger__has_a_law_of_their_own() -> None:
    cast, mallory = make.cast(), make.stranger()
    make.approve(cast.ada, imported(cast.bo))
    assert law_of(mallory).version == 0
    assert preview_of(mallory, GOV).is_new


@pytest.mark.parametrize("name", ["a/b", "", " .md", "x" * 81, "ä"])
def test_a_name_that_cannot_qualify_rules__refused(name: str) -> None:
    cast = make.cast()
    with pytest.raises(BadName):
        preview_of(cast.bo, b"r: => [F] a", format="rules", name=name)


def test_roll_back__takes_the_document_out_again() -> None:
    cast = make.cast()
    proposal = imported(cast.bo)
    make.approve(cast.ada, proposal)
    undoing = make.rolled_back(cast.ada, proposal)
    assert undoing.state == "waiting"  # it expands: a second person is asked
    assert law_of(cast.ada).version == 2


def test_a_preview__names_the_saved_cases_that_would_change() -> None:
    cast = make.cast()
    for name, action in (("Payroll goes up", "upload_payroll_entries"), ("Audits", "audit")):
        save_case(
            scope=cast.bo,
            name=name,
            system_name=cast.system.name,
            action=action,
            facts={},
            expected=Outcome.REQUIRE_APPROVAL,
            at=make.AT,
        )
    forbids = GOV + b"\n7.8 No uploads.\n\n```rules\nno: => [F] upload_payroll_entries\n```\n"
    preview = preview_of(cast.bo, forbids)
    assert preview.case_count == 2
    assert [(case.name, case.before, case.after) for case in preview.cases] == [
        ("Payroll goes up", "Approval required", "Denied")
    ]
    assert preview.cases[0].failed_because
