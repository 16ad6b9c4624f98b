"""Non-interference (seeds/002 6.3): nothing that is done in one tenant, or to one system, changes a byte of another's verdict.

The pure half, rules that bind other bearers, is in tests/conformance/policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assets import actions as assets
from governance.canonical import canonical_bytes
from governance.drift import actions as drift
from governance.estop import actions as estop
from governance.lawbook.actions import propose_import
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.rulebook import queries
from governance.rulebook.actions import decide
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.rulebook.sessions import add

FACTS = {"amount": 40, "external": False, "in_workspace": True, "uses_asset": "gpu-pool", "uses_amount": 1}
SESSION = "session-123"
GOV = b"""# Law

## 7 Everything

7.1 **No.** Nothing is paid, everything is external, all is approved by nobody.

```rules
bans: => [F] payroll
asks: => [O] approved("*", officer)
claims: => external
trust: => trusted
```
"""


def law(cast: make.Cast, system: str) -> None:
    evidence = {"reason": "GDPR"}
    make.approve(cast.ada, propose_import(scope=cast.bo, content=GOV, format="gov_md", evidence=evidence, at=make.AT))


def session(cast: make.Cast, system: str) -> None:
    for rule in ("no external network calls", "no payroll", "require approval for payroll"):
        add(cast.bo, rule, session=SESSION)


def asset(cast: make.Cast, system: str) -> None:
    assets.register_asset(scope=cast.bo, name="gpu-pool", asset_type="compute", ownership_model="shared", at=make.AT)
    assets.issue_mandate(
        scope=cast.bo,
        asset_name="gpu-pool",
        effect="forbids",
        actions=["payroll"],
        authority="did:group:ml",
        expires_at=make.AT + timedelta(days=30),
        at=make.AT,
        revocation_conditions=["majority_vote"],
    )
    assets.record_use(scope=cast.bo, asset_name="gpu-pool", amount=5, used_by=system, at=make.AT)


def hold(cast: make.Cast, system: str) -> None:
    drift.set_state(scope=cast.sam, system_name=system, state="HOLD", reason="It drifts.", at=make.AT)


def button(cast: make.Cast, system: str) -> None:
    estop.stop(scope=cast.sam, system_name=system, reason="Stop this.", at=make.AT)


def denials(cast: make.Cast, system: str) -> None:
    for _ in range(3):
        decide(scope=cast.bo, system_name=system, action="launch", facts={}, at=make.AT, session=SESSION)


EVERYTHING: dict[str, Callable[[make.Cast, str], None]] = {
    each.__name__: each for each in (law, session, asset, hold, button, denials)
}


def verdict(cast: make.Cast, *, session: str = SESSION) -> bytes:
    with in_tenant(cast.tenant.id):
        found = queries.preview(
            scope=cast.bo, system_name=cast.system.name, action="payroll", facts=FACTS, at=make.AT, session=session
        )
    return canonical_bytes(found.as_json())


@pytest.fixture
def cast(database: None) -> make.Cast:
    """Somebody with an asset, a session and a law of their own, so that each has something to be mixed up with."""
    cast = make.cast()
    assets.register_asset(scope=cast.bo, name="gpu-pool", asset_type="compute", ownership_model="shared", at=make.AT)
    add(cast.bo, "no external network calls", session=SESSION)
    return cast


def test_two_tenants__everything_changes_in_one__the_other_is_answered_the_same(cast: make.Cast) -> None:
    other = make.cast()
    before, theirs = verdict(cast), verdict(other)
    for name, change in EVERYTHING.items():
        change(other, other.system.name)
        assert verdict(cast) == before, name
    assert verdict(other) != theirs


def test_two_systems__each_has_its_own_domain(cast: make.Cast) -> None:
    """What is done to one system of a tenant, in its sessions, constitution, drift or e-stop, is that system's alone."""
    memvid = register_system(
        scope=cast.bo,
        name="memvid",
        type=SystemType.AGENT,
        constitution=make.CLAY,
        description="Remembers.",
        at=make.AT,
    )
    before = verdict(cast)
    for name in ("hold", "button", "denials"):
        EVERYTHING[name](cast, "memvid")
        assert verdict(cast) == before, name
    add(cast.bo, "no payroll", session="memvid-session")
    make.applied(replace(cast, system=memvid), capabilities=["payroll"])
    assert verdict(cast) == before
