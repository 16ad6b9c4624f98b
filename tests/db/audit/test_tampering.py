"""Whatever a superuser changes in the record is found, and the row is named."""

from __future__ import annotations

import os
import random
from typing import Any

import psycopg
import pytest
from django.db import connection

from governance.audit.queries import verified
from governance.audit.report import Report
from governance.ids import new_id
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.audit.superuser import COVERED, TIED, column, flipped, kind_of, superuser, write

FULL = os.environ.get("TARS_PROOF") == "full"
ROUNDS = 1000 if FULL else 60


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> make.Cast:
    """A tenant with everything in it: two amendments, a rollback, one that waits, a refusal."""
    with django_db_blocker.unblock():
        cast = make.cast()
        first = make.applied(cast)
        make.applied(cast, at=make.later(1), routing_confidence_threshold=0.8)
        make.rolled_back(cast.ada, first, at=make.later(5))
        make.proposed(cast, at=make.later(6), persona_id="another")
        with pytest.raises(Exception, match="You need the role"):
            make.proposed(cast, by=cast.uma, at=make.later(7))
        return cast


def found(cast: make.Cast) -> Report:
    return verified(cast.uma)


def clean(cast: make.Cast) -> None:
    report = found(cast)
    assert report.is_verified, [str(finding) for finding in report.findings]


def tampered(
    raw: psycopg.Connection[Any], cast: make.Cast, table: str, name: str, chance: random.Random
) -> Report | None:
    """Flip one value, verify, put it back; None when there was nothing to flip or a constraint forbids it."""
    rows = column(raw, table, name, cast.tenant.id)
    key, value = chance.choice(rows)
    other = flipped(value, kind=kind_of(raw, table, name), name=name, chance=chance)
    if other is None or other == value:
        return None
    try:
        write(raw, table, name, key, other)
    except psycopg.errors.IntegrityError:
        return None
    try:
        return found(cast)
    finally:
        write(raw, table, name, other if name == "id" else key, value)


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, names in COVERED.items() for name in names])
def test_tamper__every_covered_column__found(cast: make.Cast, table: str, name: str) -> None:
    chance = random.Random(f"{table}.{name}")
    with superuser() as raw:
        report = next(filter(None, (tampered(raw, cast, table, name, chance) for _ in range(40))))
    assert not report.is_verified, f"{table}.{name} was changed unseen"
    assert report.findings[0].sentence
    clean(cast)


@pytest.mark.parametrize(("change", "label"), TIED.items())
def test_tamper__columns_tied_by_a_constraint__row_named(cast: make.Cast, change: str, label: str) -> None:
    with superuser() as raw:
        raw.execute(
            "CREATE TEMP TABLE kept AS SELECT * FROM constitutional_amendments WHERE tenant_id = %s", [cast.tenant.id]
        )
        raw.execute(
            f"UPDATE constitutional_amendments SET {change} WHERE tenant_id = %s AND number = 2", [cast.tenant.id]
        )
        report = found(cast)
        raw.execute("DELETE FROM constitutional_amendments WHERE tenant_id = %s", [cast.tenant.id])
        raw.execute("INSERT INTO constitutional_amendments SELECT * FROM kept")
        raw.execute("DROP TABLE kept")
    assert {finding.label for finding in report.findings} == {label}
    clean(cast)


@pytest.mark.proof
def test_tamper__random_bytes_of_entries__first_bad_entry_named(cast: make.Cast) -> None:
    chance, done = random.Random(2026), 0
    with superuser() as raw:
        while done < ROUNDS:
            name = chance.choice(COVERED["ledger_entries"])
            rows = dict(column(raw, "ledger_entries", "sequence", cast.tenant.id))
            key, value = chance.choice(column(raw, "ledger_entries", name, cast.tenant.id))
            other = flipped(value, kind=kind_of(raw, "ledger_entries", name), name=name, chance=chance)
            try:
                write(raw, "ledger_entries", name, key, other)
            except psycopg.errors.IntegrityError:
                continue
            report = found(cast)
            write(raw, "ledger_entries", name, other if name == "id" else key, value)
            sequences = {finding.sequence for finding in report.findings}
            assert int(str(rows[key])) in sequences, (name, [str(finding) for finding in report.findings])
            done += 1
    clean(cast)


def test_delete__middle_entry__gap_named(cast: make.Cast) -> None:
    with superuser() as raw:
        copy = raw.execute(
            "DELETE FROM ledger_entries WHERE tenant_id = %s AND sequence = 9 RETURNING ledger_entries::text",
            [cast.tenant.id],
        ).fetchone()
        assert copy is not None
        report = found(cast)
        raw.execute("INSERT INTO ledger_entries SELECT (%s::ledger_entries).*", [copy[0]])
    assert "Entry 9: it is missing before entry 10." in [str(finding) for finding in report.findings]
    clean(cast)


def test_delete__last_entry__named_from_the_head(cast: make.Cast) -> None:
    with superuser() as raw:
        copy = raw.execute(
            "DELETE FROM ledger_entries e USING ledger_heads h WHERE e.tenant_id = %s AND h.tenant_id = e.tenant_id "
            "AND e.sequence = h.sequence RETURNING e::text",
            [cast.tenant.id],
        ).fetchone()
        assert copy is not None
        report = found(cast)
        raw.execute("INSERT INTO ledger_entries SELECT (%s::ledger_entries).*", [copy[0]])
    assert [finding.code for finding in report.findings] == ["missing"]
    assert "missing at the end" in report.findings[0].sentence
    clean(cast)


def test_swap__two_entries__both_named(cast: make.Cast) -> None:
    swap = (
        "UPDATE ledger_entries SET sequence = CASE sequence WHEN -7 THEN 8 WHEN -8 THEN 7 ELSE -sequence END "
        "WHERE tenant_id = %s AND abs(sequence) IN (7, 8)"
    )
    with superuser() as raw:
        raw.execute("ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_start_at_one")
        raw.execute(swap, [cast.tenant.id])
        raw.execute(swap, [cast.tenant.id])
        report = found(cast)
        raw.execute(swap, [cast.tenant.id])
        raw.execute(swap, [cast.tenant.id])
        raw.execute("ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_start_at_one CHECK (sequence >= 1)")
    assert {7, 8} <= {finding.sequence for finding in report.findings}
    clean(cast)


@pytest.mark.parametrize(
    ("table", "label"),
    [
        ("constitutional_amendments", "AMD-1"),
        ("system_versions", "Version 2 of clay-consigliere"),
        ("approval_decisions", "The decision"),
        ("decision_snapshots", "The page of the decision"),
        ("systems", "The system clay-consigliere"),
        ("actor_keys", "The key of"),
        ("amendment_proposals", "The proposal AMD-1"),
        ("proposal_moves", "A line of an amendment's timeline"),
    ],
)
def test_delete__row_beside_the_chain__named(cast: make.Cast, table: str, label: str) -> None:
    with superuser() as raw:
        raw.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table} WHERE tenant_id = %s", [cast.tenant.id])
        raw.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [cast.tenant.id])
        report = found(cast)
        raw.execute(f"INSERT INTO {table} SELECT * FROM kept")
        raw.execute("DROP TABLE kept")
    assert any(finding.label.startswith(label) and finding.code == "gone" for finding in report.findings)
    clean(cast)


def test_forge__entry_at_the_end__signature_named() -> None:
    cast = make.cast()
    with superuser() as raw:
        raw.execute(
            "INSERT INTO ledger_entries SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::text, "
            "'sequence', e.sequence + 1, 'subject', 'forged'))).* "
            "FROM ledger_entries e JOIN ledger_heads h USING (tenant_id, sequence) WHERE e.tenant_id = %s",
            [str(new_id(make.AT)), cast.tenant.id],
        )
        raw.execute("UPDATE ledger_heads SET sequence = sequence + 1 WHERE tenant_id = %s", [cast.tenant.id])
        last = raw.execute("SELECT sequence FROM ledger_heads WHERE tenant_id = %s", [cast.tenant.id]).fetchone()
    assert last is not None
    assert last[0] in {finding.sequence for finding in found(cast).findings}


def test_forge__whole_chain_moved_from_another_tenant__named() -> None:
    cast, other = make.cast(), make.stranger()
    with superuser() as raw:
        raw.execute("DELETE FROM ledger_entries WHERE tenant_id = %s", [cast.tenant.id])
        raw.execute("UPDATE ledger_entries SET tenant_id = %s WHERE tenant_id = %s", [cast.tenant.id, other.tenant_id])
    assert not found(cast).is_verified


FORGERY = (
    """INSERT INTO approval_requests SELECT (jsonb_populate_record(r, jsonb_build_object('id', %(request)s::text,
      'subject_id', %(proposal)s::text))).* FROM approval_requests r WHERE r.subject_id = %(of)s""",
    """INSERT INTO approval_decisions SELECT (jsonb_populate_record(d, jsonb_build_object('id', %(decision)s::text,
      'request_id', %(request)s::text))).*
    FROM approval_decisions d JOIN approval_requests r ON r.id = d.request_id WHERE r.subject_id = %(of)s""",
    """INSERT INTO amendment_proposals SELECT (jsonb_populate_record(p, jsonb_build_object('id', %(proposal)s::text,
      'number', 77, 'state', 'approved', 'request_id', %(request)s::text))).*
    FROM amendment_proposals p WHERE p.id = %(of)s""",
    """INSERT INTO constitutional_amendments SELECT (jsonb_populate_record(a, jsonb_build_object(
      'id', %(amendment)s::text, 'number', 77, 'base_version', 2, 'new_version', 3,
      'proposal_id', %(proposal)s::text))).* FROM constitutional_amendments a WHERE a.proposal_id = %(of)s""",
    """INSERT INTO system_versions SELECT (jsonb_populate_record(v, jsonb_build_object('id', %(version)s::text,
      'number', 3, 'amendment_id', %(amendment)s::text))).*
    FROM system_versions v WHERE v.system_id = %(system)s AND v.number = 2""",
    "UPDATE systems SET constitution_version = 3 WHERE id = %(system)s",
)


def test_forge__whole_amendment_as_the_application__named() -> None:
    """DESIGN.md contract 1: the triggers let a complete forgery through; the verifier does not."""
    cast = make.cast()
    ids = {name: str(new_id(make.later())) for name in ("request", "decision", "proposal", "amendment", "version")}
    ids |= {"of": str(make.applied(cast).id), "system": str(cast.system.id)}
    with in_tenant(cast.tenant.id, durable=True), connection.cursor() as cursor:
        for statement in FORGERY:
            cursor.execute(statement, ids)
            assert cursor.rowcount == 1
    said = [str(finding) for finding in found(cast).findings]
    assert any(sentence.startswith("AMD-77: no entry of the chain applies it") for sentence in said)
    assert any(sentence.startswith("Version 3 of clay-consigliere: no entry") for sentence in said)
    assert any(
        sentence.startswith("The decision of") and "not what its signed statement says" in sentence for sentence in said
    )
