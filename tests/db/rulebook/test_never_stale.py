"""What is kept compiled is never stale: whatever another connection commits, the very next decision knows. And what a decision
costs in statements."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import canonical
from governance.lawbook import actions as lawbook
from governance.policy.decide import decide as engine
from governance.policy.verdict import Outcome
from governance.registry.models import SystemVersion
from governance.rulebook import queries
from governance.rulebook.actions import Decided, decide, decide_many
from governance.rulebook.models import StoredVerdict
from governance.rulebook.question import Question
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.rulebook import sessions

PERMIT, DENY = Outcome.PERMIT, Outcome.DENY
LAW = b"""# OMS governance

## 7 Data

7.3 **Payroll is closed.** Nobody runs it in the closing week.

```rules
closed: => [F] payroll
```
"""


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def ask(cast: make.Cast, action: str = "payroll", **options: Any) -> Decided:
    options = {"facts": {"amount": 3}, "at": make.AT} | options
    return decide(scope=cast.bo, system_name=cast.system.name, action=action, **options)


def elsewhere(work: Callable[[], object]) -> None:
    """Done and committed by another connection."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def enact(cast: make.Cast) -> None:
    proposal = lawbook.propose_import(
        scope=cast.bo, content=LAW, format="gov_md", evidence={"reason": "Closing"}, at=make.AT
    )
    make.approve(cast.ada, proposal)


def test_a_law_that_another_connection_enacts__binds_the_next_decision(cast: make.Cast) -> None:
    before = ask(cast)
    assert before.verdict.outcome is PERMIT
    elsewhere(lambda: enact(cast))
    after = ask(cast)
    assert after.verdict.outcome is DENY
    assert after.verdict.because[0].source == "gov.md 7.3"
    assert after.rulebook_digest != before.rulebook_digest


def test_a_session_rule_that_another_connection_adds__binds_the_next_decision(cast: make.Cast) -> None:
    assert ask(cast, session=sessions.NAME).verdict.outcome is PERMIT
    elsewhere(lambda: sessions.add(cast.bo, "no payroll"))
    denied = ask(cast, session=sessions.NAME)
    assert denied.verdict.outcome is DENY
    assert denied.verdict.because[0].rule.startswith(f"session/{sessions.NAME}/")
    assert ask(cast).verdict.outcome is PERMIT


def test_another_tenants_law__changes_nothing_here(cast: make.Cast) -> None:
    other = make.cast()
    before = ask(cast)
    enact(other)
    after = ask(cast)
    assert (after.rulebook_digest, after.verdict) == (before.rulebook_digest, before.verdict)
    assert ask(other).verdict.outcome is DENY


def test_a_stored_question__under_its_rulebook__gives_the_same_bytes(cast: make.Cast) -> None:
    enact(cast)
    sessions.add(cast.bo, "no audit")
    for action in ("payroll", "audit", "compliance", "upload_payroll_entries"):
        ask(cast, action, session=sessions.NAME)
    with in_tenant(cast.tenant.id):
        rows = list(StoredVerdict.objects.filter(tenant_id=cast.tenant.id, session=sessions.NAME))
        versions = {one.digest: canonical.loads_canonical(bytes(one.canonical)) for one in SystemVersion.objects.all()}
    assert len(rows) == 4
    for row in rows:
        question = json.loads(bytes(row.question))
        book = queries.book_under(
            law=versions[question["rulebook"]["law"]],
            constitution=versions[question["rulebook"]["constitution"]],
            system_name=question["system"],
            session_rules=tuple(question["session_rules"]),
        )
        facts = {**question["facts"], **question["gathered"]}
        again = engine(book, facts=facts, action=question["action"], at=row.at, bearer=question["bearer"])
        assert canonical.canonical_bytes(again.as_json()) == bytes(row.answer)


def statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len([one for one in seen if not one["sql"].startswith(("BEGIN", "COMMIT"))])


def test_a_permit__costs_two_statements_and_a_denial_four(cast: make.Cast) -> None:
    enact(cast)
    ask(cast, "compliance")
    ask(cast)
    assert statements(lambda: ask(cast, "compliance")) == 2
    assert statements(lambda: ask(cast)) == 4


def test_a_batch__costs_the_same_for_one_question_and_for_many(cast: make.Cast) -> None:
    def batch(size: int) -> None:
        asked = [Question(cast.system.name, "payroll", {"amount": number}) for number in range(size)]
        found = decide_many(scope=cast.bo, questions=asked, at=make.AT)
        assert all(isinstance(one, Decided) for one in found)

    batch(2)
    assert statements(lambda: batch(2)) == statements(lambda: batch(50)) <= 6
