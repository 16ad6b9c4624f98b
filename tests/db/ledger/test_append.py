"""The chain as it is written: gapless under concurrency, append-only, apart from other tenants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection

from governance.audit.queries import head, records, verified
from governance.audit.records import Entry
from governance.audit.verify import verify
from governance.errors import NotAllowed
from governance.ledger import actions as ledger
from governance.ledger.actions import NoChain
from governance.ledger.models import LedgerEntry
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.audit.superuser import superuser

THREADS, APPENDS = 8, 20


def append(scope: Scope, *, subject: str = "test") -> ledger.Entry:
    with in_tenant(scope.tenant_id, durable=True):
        return ledger.append(
            scope=scope,
            at=make.AT,
            event_type="data_fix",
            action={"name": "test.append", "subject": subject, "number": 1.5, "text": "Größe 🙂"},
            explanation="An entry of a test.",
        )


def entries(scope: Scope) -> list[Entry]:
    return [record for record in records(scope) if isinstance(record, Entry)]


def test_append__many_threads_and_a_person_without_key__gapless_and_verified() -> None:
    cast = make.cast()
    before = len(entries(cast.tars))

    def work(number: int) -> list[int]:
        try:
            scope = cast.uma if number % 2 else cast.tars
            return [append(scope, subject=f"thread {number}").sequence for _ in range(APPENDS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        sequences = sorted(sequence for part in pool.map(work, range(THREADS)) for sequence in part)
    report = verified(cast.uma)
    assert report.is_verified, [str(finding) for finding in report.findings]
    assert report.head_sequence == before + THREADS * APPENDS + 1, "one entry for Uma's key, made by the race once"
    assert len(set(sequences)) == THREADS * APPENDS


def test_append__transaction_rolled_back__leaves_no_gap() -> None:
    scope = tars_scope(make.tenant().id)

    def fails() -> None:
        with in_tenant(scope.tenant_id, durable=True):
            ledger.append(
                scope=scope,
                at=make.AT,
                event_type="data_fix",
                action={"name": "test.append", "subject": "lost"},
                explanation="Never committed.",
            )
            raise RuntimeError("the verb failed")

    with pytest.raises(RuntimeError):
        fails()
    append(scope)
    assert [entry.sequence for entry in entries(scope)] == [1, 2, 3]
    assert verified(scope).is_verified


def test_append__tenant_without_ledger__no_chain() -> None:
    scope = tars_scope(make.tenant().id)
    with superuser() as raw:
        raw.execute("DELETE FROM ledger_heads WHERE tenant_id = %s", [scope.tenant_id])
    with pytest.raises(NoChain):
        append(scope)


def test_begin__new_tenant__first_entry_is_tars_key_signed_by_itself() -> None:
    first = entries(tars_scope(make.tenant().id))[0]
    assert (first.action_name, first.actor_name) == ("keys.create", "TARS (autonomous)")
    assert first.previous_hash == bytes(32)


def test_refusal__wrong_role__recorded_and_verified() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed):
        make.proposed(cast, by=cast.uma)
    last = entries(cast.uma)[-1]
    assert (last.event_type, last.action_name, last.actor_name) == (
        "refusal",
        "amendments.propose",
        cast.uma.actor.name,
    )
    assert verified(cast.uma).is_verified


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET subject = 'x'",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "DELETE FROM ledger_heads",
        "TRUNCATE ledger_heads",
        "DELETE FROM actor_keys",
    ],
)
def test_change__as_the_application__refused(statement: str) -> None:
    scope = tars_scope(make.tenant().id)
    with pytest.raises(DatabaseError), in_tenant(scope.tenant_id), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verified(scope).is_verified


def test_change__as_the_superuser_with_triggers__refused() -> None:
    with superuser() as raw:
        raw.execute("SET session_replication_role = origin")
        for statement in (
            "UPDATE ledger_entries SET subject = 'x'",
            "DELETE FROM ledger_entries",
            "TRUNCATE ledger_entries",
        ):
            with pytest.raises(Exception, match="tars_append_only"):
                raw.execute(statement)


def test_read__another_tenant__sees_nothing_of_it() -> None:
    cast, mallory = make.cast(), make.stranger()
    with in_tenant(mallory.tenant_id):
        assert not LedgerEntry.objects.filter(tenant_id=cast.tenant.id).exists()
        assert head(cast.uma) == (0, b"")
    assert {entry.tenant_id for entry in entries(mallory)} == {str(mallory.tenant_id)}


def test_sign__with_another_tenants_key__named() -> None:
    """A row whose bytes are right and whose signature is another tenant's TARS's."""
    cast, other = make.cast(), make.stranger()
    with superuser() as raw:
        raw.execute(
            "UPDATE ledger_entries e SET signer = o.signer, signature = o.signature FROM ledger_entries o "
            "WHERE e.tenant_id = %s AND e.sequence = 2 AND o.tenant_id = %s AND o.sequence = 2",
            [cast.tenant.id, other.tenant_id],
        )
    codes = {finding.code for finding in verified(cast.uma).findings if finding.sequence == 2}
    assert {"signer", "signature"} <= codes


def test_records__inside_a_transaction__same_answer() -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id):
        assert verify(records(cast.uma)).is_verified


def test_records__snapshot__writes_of_others_are_not_half_seen() -> None:
    """An amendment applied while the record is read is seen neither in the chain nor in its tables."""
    cast = make.cast()
    proposal = make.proposed(cast)

    def seen() -> list[object]:
        found: list[object] = []
        for record in records(cast.uma):
            if isinstance(record, Entry) and record.sequence == 2:
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(approve).result()
            found.append(record)
        return found

    def approve() -> None:
        try:
            make.approve(cast.cy, proposal)
        finally:
            connection.close()

    report = verify(seen())  # type: ignore[arg-type]
    assert report.is_verified, [str(finding) for finding in report.findings]
    assert "amendment" not in report.counts
    assert verified(cast.uma).counts["amendment"] == 1
