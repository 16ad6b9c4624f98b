"""Stored verdicts against the ledger: whatever is changed, taken away or added is found, and the row is named."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from governance.audit.queries import records, verified
from governance.audit.records import Chain, Entry, Verdict
from governance.audit.report import Report
from governance.audit.verify import verify
from governance.rulebook.actions import decide, decide_many, seal_due
from governance.rulebook.question import Question
from governance.scope import tars_scope
from tests import factories as make
from tests.db.audit.superuser import column, flipped, kind_of, superuser, write

COVERED = [
    *("id", "system_id", "action", "session", "outcome", "is_error", "rules_applied", "sentence", "compliance_score"),
    *("question", "answer", "digest", "rulebook_digest", "asked_by", "at", "signer", "signature", "sealed_in"),
]


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> make.Cast:
    """A denial with an entry of its own, three sealed permits, a batch of two, and a permit that waits."""
    with django_db_blocker.unblock():
        cast = make.cast()
        ask(cast, "launch_rocket")
        for _ in range(3):
            ask(cast, "payroll")
        assert seal_due(scope=tars_scope(cast.tenant.id), at=make.AT) == 3
        questions = [Question(cast.system.name, action, {}, "") for action in ("payroll", "launch_rocket")]
        decide_many(scope=cast.bo, questions=questions, at=make.AT)
        ask(cast, "payroll")
        return cast


def ask(cast: make.Cast, action: str) -> None:
    decide(scope=cast.bo, system_name=cast.system.name, action=action, facts={}, at=make.AT)


def rows(cast: make.Cast) -> list[Verdict]:
    return [record for record in records(cast.uma) if isinstance(record, Verdict)]


def said(report: Report) -> list[str]:
    return [str(finding) for finding in report.findings]


@contextmanager
def changed(cast: make.Cast) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's hands on the verdicts; afterwards they are put back and verify."""
    with superuser() as raw:
        raw.execute("CREATE TEMP TABLE kept AS SELECT * FROM verdicts WHERE tenant_id = %s", [cast.tenant.id])
        try:
            yield raw
        finally:
            raw.execute("DELETE FROM verdicts WHERE tenant_id = %s OR id IN (SELECT id FROM kept)", [cast.tenant.id])
            raw.execute("INSERT INTO verdicts SELECT * FROM kept")
            raw.execute("DROP TABLE kept")
    assert verified(cast.uma).is_verified


def test_verify__verdicts__counted_and_what_waits_is_said(cast: make.Cast) -> None:
    report = verified(cast.uma)
    assert report.is_verified, said(report)
    assert report.counts["verdict"] == 7
    assert any(
        "verdicts (7) are signed by TARS" in line and "the 6 that are sealed" in line for line in report.established
    )
    assert any("not sealed yet (1 here)" in line for line in report.not_established)


def test_records__verdicts__each_behind_its_entry(cast: make.Cast) -> None:
    last, seen = 0, 0
    for record in records(cast.uma):
        if isinstance(record, Entry):
            last = record.sequence
        elif isinstance(record, Verdict) and record.sealed_in is not None:
            assert record.sealed_in == last
            seen += 1
    assert seen == 6


@pytest.mark.parametrize("name", COVERED)
def test_tamper__any_column_of_any_row__that_row_named(cast: make.Cast, name: str) -> None:
    chance = random.Random(name)
    with changed(cast) as raw:
        values = column(raw, "verdicts", name, cast.tenant.id)
        for key, value in values:
            other = _other(raw, name, value, chance)
            try:
                write(raw, "verdicts", name, key, other)
            except psycopg.errors.IntegrityError:
                continue
            found = said(verified(cast.uma))
            now = other if name == "id" else key
            assert any(line.startswith((f"Verdict {now}:", f"Verdict {key}:", "Entry")) for line in found), (key, found)
            assert name == "sealed_in" or not found[0].startswith("Entry"), (key, found)
            write(raw, "verdicts", name, now, value)


def _other(raw: psycopg.Connection[Any], name: str, value: str | None, chance: random.Random) -> str | None:
    if name == "outcome":
        return "deny" if value == "permit" else "permit"
    if name == "compliance_score":
        return "0.4321"
    if name == "sealed_in" and value is None:
        return "2"
    return flipped(value, kind=kind_of(raw, "verdicts", name), name=name, chance=chance)


def test_delete__every_sealed_row__missed(cast: make.Cast) -> None:
    for row in rows(cast):
        if row.sealed_in is None:
            continue
        with changed(cast) as raw:
            raw.execute("DELETE FROM verdicts WHERE id = %s", [row.id])
            report = verified(cast.uma)
        assert not report.is_verified
        assert {finding.sequence for finding in report.findings} == {row.sealed_in}, said(report)


def test_delete__a_denial__named(cast: make.Cast) -> None:
    first = rows(cast)[0]
    with changed(cast) as raw:
        raw.execute("DELETE FROM verdicts WHERE id = %s", [first.id])
        found = said(verified(cast.uma))
    assert found == [
        f"Verdict {first.id}: its row is gone, or no longer says that entry {first.sealed_in} seals it.",
    ]


def test_delete__one_in_the_middle_of_a_batch__the_entry_counts(cast: make.Cast) -> None:
    middle = rows(cast)[2]
    with changed(cast) as raw:
        raw.execute("DELETE FROM verdicts WHERE id = %s", [middle.id])
        found = said(verified(cast.uma))
    assert found == [
        f"Entry {middle.sealed_in} (policy.verdicts_sealed of verdicts): it seals 3 verdicts; 2 rows say that it seals them."
    ]


def test_swap__two_digests__both_rows_and_their_entry_named(cast: make.Cast) -> None:
    one, two = rows(cast)[1:3]
    with changed(cast) as raw:
        for row, digest in ((one, two.digest), (two, one.digest)):
            raw.execute("UPDATE verdicts SET digest = %s WHERE id = %s", [digest, row.id])
        report = verified(cast.uma)
    labels = {finding.label for finding in report.findings}
    assert {f"Verdict {one.id}", f"Verdict {two.id}"} < labels
    assert "do not have the digest it holds of them" in said(report)[-1]


def test_swap__two_signatures__both_rows_named(cast: make.Cast) -> None:
    one, two = rows(cast)[1:3]
    with changed(cast) as raw:
        for row, signature in ((one, two.signature), (two, one.signature)):
            raw.execute("UPDATE verdicts SET signature = %s WHERE id = %s", [signature, row.id])
        report = verified(cast.uma)
    assert {(finding.label, finding.code) for finding in report.findings} == {
        (f"Verdict {row.id}", "signature") for row in (one, two)
    }


@pytest.mark.parametrize("place", [0, 2, 5])
def test_add__a_copy_under_another_id__named(cast: make.Cast, place: int) -> None:
    original, forged = rows(cast)[place], UUID(int=(1 << 128) - 1 - place)
    with changed(cast) as raw:
        raw.execute("CREATE TEMP TABLE copy AS SELECT * FROM verdicts WHERE id = %s", [original.id])
        raw.execute("UPDATE copy SET id = %s", [forged])
        raw.execute("INSERT INTO verdicts SELECT * FROM copy")
        raw.execute("DROP TABLE copy")
        report = verified(cast.uma)
    assert f"Verdict {forged}" in {finding.label for finding in report.findings}


def test_unsealed__a_row_that_an_entry_seals_says_it_waits__found(cast: make.Cast) -> None:
    first = rows(cast)[0]
    with changed(cast) as raw:
        raw.execute("UPDATE verdicts SET sealed_in = NULL WHERE id = %s", [first.id])
        found = said(verified(cast.uma))
    assert found == [f"Verdict {first.id}: its row is gone, or no longer says that entry {first.sealed_in} seals it."]


def test_another_tenants_rows__not_read(cast: make.Cast) -> None:
    assert "verdict" not in verified(make.cast().uma).counts


def test_records__without_their_rows__an_export_says_what_it_cannot_show(cast: make.Cast) -> None:
    packed = [
        replace(record, is_rows=False) if isinstance(record, Chain) else record
        for record in records(cast.uma, packed_only=True)
    ]
    report = verify(packed)
    assert report.is_verified and "verdict" not in report.counts
    assert any("verdicts say (6 named)" in line for line in report.not_established)
