"""Evidence cites the tenant's gov.md: what is not there is refused before anybody is asked. Overrides count as safety events."""

from __future__ import annotations

import pytest

from governance.amendments.errors import UnknownSection
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.lawbook import actions as lawbook
from governance.rulebook.models import SafetyWindow
from governance.tenancy import in_tenant
from tests import factories as make

LAW = b"# OMS\n\n## 7 Data\n\n7.3 **Deletions.** Somebody agrees first.\n\n7.4 **Exports.** Never alone.\n"


@pytest.fixture
def cast() -> make.Cast:
    found = make.cast()
    proposal = lawbook.propose_import(
        scope=found.bo, content=LAW, format="gov_md", evidence={"reason": "GDPR"}, at=make.AT
    )
    make.approve(found.cy, proposal)
    return found


def tightened(cast: make.Cast, section: str, *, is_draft: bool = False) -> AmendmentProposal:
    evidence = {"reason": "GDPR", "gov_md_section": section}
    return make.proposed(
        cast,
        by=cast.ada,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        evidence=evidence,
        is_draft=is_draft,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )


def test_a_section_that_exists__is_evidence(cast: make.Cast) -> None:
    assert tightened(cast, "7.3, 7.4").state == "proposed"


def test_a_section_that_does_not_exist__is_refused_and_the_sections_are_named(cast: make.Cast) -> None:
    with pytest.raises(UnknownSection, match=r"no section 9\.1\. It has 7, 7\.3, 7\.4\.") as caught:
        tightened(cast, "7.3, 9.1")
    assert caught.value.problems == (("/evidence/gov_md_section", "9.1 is not in gov.md"),)
    with in_tenant(cast.tenant.id):
        assert not AmendmentProposal.objects.filter(system_id=cast.system.id).exists()


def test_a_draft__may_cite_anything_until_it_is_sent(cast: make.Cast) -> None:
    assert tightened(cast, "9.1", is_draft=True).state == "draft"


def test_a_tenant_without_a_gov_md__cites_what_it_likes() -> None:
    assert tightened(make.cast(), "9.1").state == "proposed"


def test_broken_glass__counts_in_the_safety_budget_of_the_system() -> None:
    cast = make.cast(constitution=make.CLAY | {"safety_budget": {"overrides": 2}})
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    make.approve(cast.ada, patch, override=True, note="Sam is alone in security.")
    with in_tenant(cast.tenant.id):
        assert SafetyWindow.objects.get(tenant_id=cast.tenant.id).overrides == 1
