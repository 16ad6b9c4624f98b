"""Of a destroyed execution no word is left: every table and every file is searched for what was said, answered and written of it.

A new table or file in which such words stand fails here, until destroying takes them away or a reason is given below.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError
from django.utils import timezone
from psycopg import sql

from governance.audit.queries import explained, verified
from governance.exports import actions as exports
from governance.files import tasks as files
from governance.files.models import StoredFile
from governance.idempotency import tasks as kept_answers
from governance.jobs.models import Job
from governance.notices import actions as notices
from governance.notices.mail import write_due
from governance.tenancy import in_tenant
from routing.executions.afterwards import dispute, rate
from routing.executions.sealing import seal_receipts
from routing.learning import actions as learning
from routing.learning.models import RuleProposal
from routing.lifecycle import ageing, moving, pruning
from routing.lifecycle.checking import check
from routing.router.models import RoutingRule
from routing.router.rewording import GONE
from routing.telemetry.actions import report
from routing.whatif import actions as replays
from routing.whatif.asked import Added
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.routing.executions.test_approving import approve
from tests.db.routing.learning import desk as learned
from tests.db.tenants.catalogue import connected, run, tables
from tests.db.whatif import desk as whatif
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]

WORD = "quorvexine"
ALLOWED = {
    "ledger_entries.openings": "what was on record stays: who disputed what, and which pattern a rule had. The chain holds "
    "salted commitments of it alone, so an opening can be redacted; docs/ledger.md says what that takes: it is not built",
}


STANDS = {
    "execution_requests.answer", "execution_requests.input_data", "execution_requests.user_request", "executions.dispute",
    "executions.input_data", "executions.output_data", "executions.user_feedback", "executions.user_request", "jobs.payload",
    "jobs.result", "ledger_entries.openings", "mcp_telemetry_log.error_message", "notices.sentence", "outbox_mails.body",
    "routing_rules.request_pattern", "rule_proposals.pattern", "verdicts.question",
}  # fmt: skip
"""Where the words are before: what this test must at least see."""


def test_prune__no_word_is_left_in_any_table_or_file(
    cast: make.Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROUTER_HEADS = str(tmp_path / "heads")
    monkeypatch.setitem(exports.AT_ONCE, "csv", 0)
    _everything_said(cast)
    assert set(_in_tables()) >= STANDS
    ageing.age(scope=cast.tars, at=old.LATER)
    while moving.archive(scope=cast.tars, at=old.LATER):
        pass
    assert list(_in_files(tmp_path))
    for task in (files.drop_expired, kept_answers.forget):
        task(END.isoformat())
    with in_tenant(cast.tenant.id):
        assert notices.drop_old(tenant_id=cast.tenant.id, at=END) > 0
        shown = pruning.due(scope=cast.ada, at=END)
    confirmed = make.confirmed(cast.ada, at=END)
    done = pruning.prune(scope=cast.ada, digest=shown.digest, reason="Over.", confirmation=confirmed, at=END)
    assert set(_in_tables()) == set(ALLOWED) and list(_in_files(tmp_path)) == []
    assert verified(cast.uma).is_verified and check(scope=cast.uma).is_whole
    with in_tenant(cast.tenant.id):
        said = explained(scope=cast.uma, sequence=done.sequence).document["content"]["action"]
        rule = RoutingRule.objects.get(tenant_id=cast.tenant.id, auto_generated=True)
        evidence = StoredFile.objects.get(tenant_id=cast.tenant.id)
    assert evidence.name.startswith("what-if-") and b'"execution_id"' in bytes(evidence.content)
    assert said["copies"]["patterns"] >= 2 and said["copies"]["examples"] >= 1
    assert not rule.is_active and rule.request_embedding is None


def test_prune__a_rule_that_others_still_speak_for__goes_on_in_their_words(cast: make.Cast) -> None:
    rule = _rule(cast)
    _asked_lately(cast, f"Please b{rule.request_pattern[1:]}")
    _destroyed(cast)
    row = _read(cast, rule)
    assert (row.request_pattern, row.is_active) == (f"Please b{rule.request_pattern[1:]}", True)
    with in_tenant(cast.tenant.id):
        assert RuleProposal.objects.get(tenant_id=cast.tenant.id).pattern.startswith(GONE)
    assert verified(cast.uma).is_verified


def test_prune__a_rule_in_words_that_somebody_still_says__stays_as_it_is(cast: make.Cast) -> None:
    rule = _rule(cast)
    _asked_lately(cast, rule.request_pattern)
    _destroyed(cast)
    assert _read(cast, rule).request_pattern == rule.request_pattern and _read(cast, rule).is_active


def test_prune__a_rule_that_a_person_wrote_in_the_same_words__is_left_alone(cast: make.Cast) -> None:
    written = whatif.router.written(cast.bo, "Book a meeting room in Tulsa", "payroll")
    learned.done(cast.tars, ["Book a meeting room in Tulsa"], "payroll")
    _destroyed(cast)
    assert _read(cast, written).request_pattern == "Book a meeting room in Tulsa" and _read(cast, written).is_active


def test_report__of_a_destroyed_execution__counts_and_says_nothing(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    late = {"tool": "audit", "input": {"of": WORD}, "error": WORD, "execution_id": str(made.id)}
    report(scope=cast.bo, calls=[late], at=old.LATER)
    assert WORD in {call["error_message"] for call in old.whole(cast.bo, made.id)["calls"]}
    with in_tenant(cast.tenant.id):
        shown = pruning.due(scope=cast.ada, at=END)
    confirmed = make.confirmed(cast.ada, at=END)

    def destroy() -> str:
        pruning.prune(scope=cast.ada, digest=shown.digest, reason="Over.", confirmation=confirmed, at=END)
        return "destroyed"

    def tell() -> str:
        report(scope=cast.bo, calls=[late], at=END)
        return "told"

    assert old.together(destroy, tell) == ["destroyed", "told"]
    tell()
    calls = old.whole(cast.bo, made.id)["calls"]
    assert len(calls) == 3 and {(call["error_message"], call["input_data"]) for call in calls} == {(None, None)}


def test_verdict__only_its_own_digest_ever_takes_the_place_of_its_question(cast: make.Cast) -> None:
    old.done(cast, "Run payroll")
    for change in ("tars_gone(question)", "'{}'::bytea"):
        with pytest.raises(DatabaseError, match="tars_append_only"), in_tenant(cast.tenant.id):
            run(f"UPDATE verdicts SET question = {change}")
    with connected("super") as server, pytest.raises(psycopg.DatabaseError, match="tars_append_only"):
        server.execute("UPDATE verdicts SET question = '{}'::bytea WHERE tenant_id = %s", [cast.tenant.id])


def _everything_said(cast: make.Cast) -> None:
    """The word stands wherever a person or an agent can write about a request."""
    old.desk.agent(cast, "audits", lambda call, told: {"found": WORD}, approvals=("audit",))
    whatif.router.written(cast.bo, whatif.PAYROLL, "payroll")
    whatif.router.embedded(cast)
    first = old.desk.done(cast.mel, f"Run payroll of {WORD}", system="payroll", input={"month": WORD})
    calls = [{"tool": "audit", "input": {"of": WORD}, "error": WORD, "execution_id": str(first.id)}]
    report(scope=cast.bo, calls=calls, at=make.later(30))
    rate(scope=cast.mel, execution_id=first.id, stars=1, words=WORD, at=make.later(31))
    dispute(scope=cast.mel, execution_id=first.id, words=f"Not {WORD}.", at=make.later(32))
    waits = old.desk.worked(cast.mel, old.desk.asked(cast.mel, f"Audit {WORD}", system="audits"))
    approve(cast.bo, waits)
    old.desk.worked(cast.mel, waits, at=make.later(7))
    write_due(tenant_id=cast.tenant.id, at=make.later(8))
    body, key = {"text": f"Run payroll of {WORD} later", "system": "payroll"}, {"Idempotency-Key": "k-1"}
    asked = client_of(cast.mel).post("/api/v1/executions/", body, content_type="application/json", headers=key)
    for _ in range(5):
        old.desk.worked(cast.mel, old.desk.now(cast.mel, UUID(asked.json()["id"])), at=timezone.now())
    seal_receipts(scope=cast.tars, at=timezone.now() + timedelta(hours=2))
    _rule(cast, f"Book a meeting room for {WORD} in {{}}")
    whatif.past(cast, [f"{whatif.PAYROLL} of {WORD}"])
    job = whatif.asked(cast.bo, threshold=0.99, added=(Added(f"Run payroll of {WORD}", "payroll"),))
    assert job.result["counts"]["moved"] and WORD in job.result["said"]
    replays.attach(scope=cast.bo, job_id=job.id, number=make.proposed(cast).number, at=make.later(700))
    job = exports.take(scope=cast.bo, kind="executions", format="csv", filters={}, at=make.later(60))
    assert isinstance(job, Job) and whatif.worked(job).state == "done"


def _rule(cast: make.Cast, said: str = "Book a meeting room in {}") -> RoutingRule:
    """A rule that was learned from ten requests, and accepted."""
    learning.change_settings(scope=cast.bo, least_similar=10, likeness=Decimal("0.80"), is_automatic=True, at=make.AT)
    learned.done(cast.tars, learned.texts(10, said), "payroll")
    learned.learn(cast)
    (proposal,) = learned.proposals(cast.tars)
    assert proposal.rule is not None
    return proposal.rule


def _asked_lately(cast: make.Cast, text: str) -> None:
    ids = learned.done(cast.tars, [text], "payroll")
    with in_tenant(cast.tenant.id):
        run("UPDATE executions SET last_accessed_at = %s WHERE id = ANY(%s)", old.LATER, ids)


def _destroyed(cast: make.Cast) -> None:
    """Everything of the first day, at the end of its time."""
    ageing.age(scope=cast.tars, at=old.LATER)
    while moving.archive(scope=cast.tars, at=old.LATER):
        pass
    with in_tenant(cast.tenant.id):
        shown = pruning.due(scope=cast.ada, at=END)
    confirmed = make.confirmed(cast.ada, at=END)
    pruning.prune(scope=cast.ada, digest=shown.digest, reason="Over.", confirmation=confirmed, at=END)


def _read(cast: make.Cast, rule: RoutingRule) -> RoutingRule:
    with in_tenant(cast.tenant.id):
        return RoutingRule.objects.get(id=rule.id)


def _in_tables() -> Iterator[str]:
    """Where the word stands, in any column of any table, as text or as bytes."""
    with connected("super") as server:
        for table in sorted(tables()):
            text = sql.SQL(
                "SELECT k.key FROM {} t CROSS JOIN LATERAL jsonb_each_text(to_jsonb(t)) k"
                " WHERE position(%s IN lower(k.value)) > 0 OR position(%s IN lower(k.value)) > 0 GROUP BY 1"
            ).format(sql.Identifier(table))
            yield from (f"{table}.{row[0]}" for row in server.execute(text, [WORD, WORD.encode().hex()]))


def _in_files(folder: Path) -> Iterator[Path]:
    """Which files hold the word, packed or not."""
    for path in (one for one in folder.rglob("*") if one.is_file()):
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                data = b"".join(packed.read(name) for name in packed.namelist())
        if WORD.encode() in data.lower():
            yield path
