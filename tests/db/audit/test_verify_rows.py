"""A tenant's rows, verified."""

from __future__ import annotations

from governance.audit.queries import verified
from governance.audit.report import Report
from governance.scope import Scope
from tests import factories as make


def checked(scope: Scope) -> Report:
    report = verified(scope)
    assert report.is_verified, [str(finding) for finding in report.findings]
    return report


def test_verify__fresh_tenant__verified() -> None:
    cast = make.cast()
    report = checked(cast.uma)
    assert report.counts["entry"] == report.head_sequence
    assert report.tenant_name == "OMS Consulting"
    assert report.root.startswith("did:key:z")


def test_verify__amendments_and_rollback__verified() -> None:
    cast = make.cast()
    first = make.applied(cast)
    make.applied(cast, at=make.later(), routing_confidence_threshold=0.8)
    make.rolled_back(cast.ada, first, at=make.later(5))
    report = checked(cast.uma)
    assert (report.counts["amendment"], report.counts["version"], report.counts["decision"]) == (2, 4, 3)
