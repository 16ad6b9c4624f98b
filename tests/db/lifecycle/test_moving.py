"""What nobody opened for a year goes into a file, and comes back byte for byte."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError

from governance.audit.queries import verified
from governance.errors import NotAllowed, NotFound
from governance.tenancy import in_tenant
from routing.executions import proof
from routing.executions.afterwards import rate
from routing.executions.days import by_day
from routing.executions.folding import fold
from routing.executions.queries import receipt
from routing.figures.span import Span
from routing.lifecycle import ageing, moving, pack, stores
from routing.lifecycle.checking import check
from routing.lifecycle.errors import FileMissing, NotArchived
from routing.lifecycle.models import Archive
from routing.telemetry.actions import report
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import cast
from tests.db.tenants.catalogue import run

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def test_archive_and_restore__everything_comes_back(cast: make.Cast) -> None:
    (made,) = old.done(cast, "Run payroll of May for everybody in the company. " * 6)
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)
    archive = moving.archive(scope=cast.tars, at=old.LATER)
    assert archive is not None and archive.rows == 1 and archive.sequence
    stub = old.whole(cast.bo, made.id)
    (row,) = stub["execution"]
    assert (row["output_data"], row["input_data"], row["route"], row["request_embedding"]) == (None, None, None, None)
    assert len(row["user_request"]) == 200 and old.state(cast.bo, made.id) == "ARCHIVED"
    assert stub["receipt"] == before["receipt"]
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    assert old.whole(cast.bo, made.id) == before
    assert old.state(cast.bo, made.id) == "HOT"


def test_figures__of_what_is_archived__and_another_is_rated_then__are_the_executions_own(cast: make.Cast) -> None:
    first, second = old.done(cast, "Run payroll one", "Run payroll two")
    rate(scope=cast.bo, execution_id=first.id, stars=2, at=make.later(20))
    fold(scope=cast.tars, at=make.later(31))
    ageing.age(scope=cast.tars, at=old.LATER)
    assert moving.archive(scope=cast.tars, at=old.LATER, most=2) is not None
    moving.restore(scope=cast.bo, execution_id=second.id, at=old.LATER)
    rate(scope=cast.bo, execution_id=second.id, stars=5, at=old.LATER)
    fold(scope=cast.tars, at=old.LATER)
    assert old.state(cast.bo, first.id) == "ARCHIVED"
    span = Span(make.AT.date(), make.AT.date())
    with in_tenant(cast.tenant.id):
        rolled, exact = (by_day(scope=cast.bo, span=span, exact=is_exact)[0].sums for is_exact in (False, True))
    assert rolled == exact and (rolled.total, rolled.stars, rolled.rated) == (2, Decimal("3.5"), 2)


def test_archive__of_what_was_opened_lately_or_twice__moves_nothing(cast: make.Cast) -> None:
    (made,) = old.done(cast, "Run payroll")
    ageing.age(scope=cast.tars, at=old.moment(200))
    assert moving.archive(scope=cast.tars, at=old.moment(200)) is None
    archive, _ = moving.archive(scope=cast.tars, at=old.LATER), moving.archive(scope=cast.tars, at=old.LATER)
    assert archive is not None and _ is None and len(old.files(cast)) == 1 and len(old.rows(cast.bo)) == 1
    with pytest.raises(NotAllowed):
        moving.archive(scope=cast.tess, at=old.LATER)
    assert old.state(cast.bo, made.id) == "ARCHIVED"


def test_archive__whose_receipt_is_not_anchored__waits(cast: make.Cast) -> None:
    made = old.desk.done(cast.bo, "Run payroll", system="payroll")
    ageing.age(scope=cast.tars, at=old.LATER)
    assert moving.archive(scope=cast.tars, at=old.LATER) is None
    assert old.state(cast.bo, made.id) == "COLD"


def test_archive__in_batches__each_a_file_of_its_own(cast: make.Cast) -> None:
    old.done(cast, "Run payroll one", "Run payroll two", "Run payroll three")
    ageing.age(scope=cast.tars, at=old.LATER)
    sizes = [made.rows if (made := moving.archive(scope=cast.tars, at=old.LATER, most=2)) else 0 for _ in range(3)]
    assert sizes == [2, 1, 0] and len(old.files(cast)) == 2


def test_archive__of_large_answers__begins_another_file(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    old.done(cast, "Run payroll one", "Run payroll two")
    ageing.age(scope=cast.tars, at=old.LATER)
    monkeypatch.setattr(moving, "FULL", 100)
    sizes = [made.rows if (made := moving.archive(scope=cast.tars, at=old.LATER)) else 0 for _ in range(3)]
    assert sizes == [1, 1, 0] and check(scope=cast.uma).is_whole


@pytest.mark.parametrize("place", ["put", "get", "database", "ledger"])
def test_archive__killed_half_way__nothing_is_lost_and_nothing_doubled(
    cast: make.Cast, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = old.done(cast, "Run payroll")
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        match place:
            case "put" | "get":
                patch.setattr(stores.Folder, place, dies)
            case "database":
                patch.setattr(moving, "_entered", dies)
            case _:
                patch.setattr(moving.ledger, "append", dies)
        moving.archive(scope=cast.tars, at=old.LATER)
    assert old.whole(cast.bo, made.id) == before and old.rows(cast.bo) == []
    assert moving.archive(scope=cast.tars, at=old.moment(401)) is not None
    moving.sweep(scope=cast.tars, at=old.moment(403), named=_named(cast))
    assert len(old.files(cast)) == 1 and check(scope=cast.uma).is_whole
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.moment(403))
    assert old.whole(cast.bo, made.id) == before


def test_sweep__leaves_what_may_be_under_way(cast: make.Cast) -> None:
    old.archived(cast)
    assert moving.sweep(scope=cast.tars, at=old.LATER, named=frozenset()) == 0
    assert len(old.files(cast)) == 1


def test_archive__a_store_that_lies__moves_nothing(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (made,) = old.done(cast, "Run payroll")
    ageing.age(scope=cast.tars, at=old.LATER)
    monkeypatch.setattr(stores.Folder, "get", lambda self, name: b"something else")
    with pytest.raises(pack.Damaged):
        moving.archive(scope=cast.tars, at=old.LATER)
    assert old.state(cast.bo, made.id) == "COLD"


def test_restore__who_may__and_only_once(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    for scope in (cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            moving.restore(scope=scope, execution_id=made.id, at=old.LATER)
    with pytest.raises(NotFound):
        moving.restore(scope=make.stranger(), execution_id=made.id, at=old.LATER)
    moving.restore(scope=cast.sam, execution_id=made.id, at=old.LATER)
    with pytest.raises(NotArchived):
        moving.restore(scope=cast.sam, execution_id=made.id, at=old.LATER)


def test_restore__two_at_once__one_is_told_that_it_is_here(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)

    def back() -> str:
        try:
            moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
        except NotArchived:
            return "is here"
        return "came back"

    assert (old.together(back, back)) == ["came back", "is here"]


def test_restore__after_a_restore__goes_and_comes_again(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    before = old.whole(cast.bo, made.id)
    again = old.moment(800)
    ageing.age(scope=cast.tars, at=again)
    assert moving.archive(scope=cast.tars, at=again) is not None
    moving.restore(scope=cast.bo, execution_id=made.id, at=again)
    assert old.whole(cast.bo, made.id) == before and len(old.rows(cast.bo)) == 2


def test_restore__after_a_call_was_reported_late__comes_back_and_the_call_stays(cast: make.Cast) -> None:
    (made,) = old.done(cast, "Run payroll")
    early = {"tool": "audit", "error": "No access.", "execution_id": str(made.id)}
    report(scope=cast.bo, calls=[early], at=make.later(40))
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)
    assert moving.archive(scope=cast.tars, at=old.LATER) is not None
    report(scope=cast.bo, calls=[{**early, "error": "Too late."}], at=old.LATER)
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    after = old.whole(cast.bo, made.id)
    assert after["calls"][:-1] == before["calls"] and after["calls"][-1]["error_message"] == "Too late."
    assert {**after, "calls": before["calls"]} == before


def test_restore__from_a_file_that_was_tampered_with_or_is_gone__refused(cast: make.Cast) -> None:
    archive, (made,) = old.archived(cast)
    (file,) = old.files(cast)
    data = file.read_bytes()
    other = pack.packed(
        tenant_id=str(cast.tenant.id),
        archive_id=str(archive.id),
        at="x",
        lines=[pack_line(data).replace("12.5", "99.5")],
    )
    for written in (data[:-9], other, b""):
        file.write_bytes(written)
        with pytest.raises(pack.Damaged):
            moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
        assert not check(scope=cast.uma).is_whole
    file.unlink()
    with pytest.raises(FileMissing):
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    assert "is not in the store" in check(scope=cast.uma).faults[0]
    assert old.state(cast.bo, made.id) == "ARCHIVED"


def test_receipt_and_ledger__stay_green_all_the_way(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    for step in ("archived", "restored"):
        with in_tenant(cast.tenant.id):
            finding = proof.judged(receipt(scope=cast.uma, id=made.id).as_json())
        assert finding.is_genuine and finding.ledger_sequence, step
        assert verified(cast.uma).is_verified, step
        if step == "archived":
            moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE executions SET output_data = '1'",
        "UPDATE executions SET lifecycle_state = 'HOT'",
        "UPDATE executions SET lifecycle_state = 'PRUNED'",
        "UPDATE execution_requests SET user_request = 'x'",
        "UPDATE archived_rows SET digest = 'x'",
        "INSERT INTO archived_rows SELECT gen_random_uuid(), digest, bytes, archived_at, archived_at, pruned_at, archive_id, "
        "execution_id, tenant_id, pg_current_xact_id() FROM archived_rows",
        "SELECT tars_restore(execution_id, '{}', now()) FROM archived_rows",
        "SELECT tars_prune(ARRAY[execution_id], now()) FROM archived_rows",
        "SELECT tars_archive(archive_id, ARRAY[execution_id], ARRAY[digest], now()) FROM archived_rows",
        "UPDATE archives SET digest = 'x'",
    ],
)
def test_database__lets_nobody_else_empty_or_fill_a_row(cast: make.Cast, statement: str) -> None:
    old.archived(cast)
    with pytest.raises(DatabaseError, match="tars_"), in_tenant(cast.tenant.id):
        run(statement)


def test_database__an_archive_that_lies_about_a_row__refused(cast: make.Cast) -> None:
    _, (made, other) = old.archived(cast, "Run payroll one", "Run payroll two")
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    with in_tenant(cast.tenant.id):
        fake = Archive.objects.create(
            id=make.new_id(old.LATER), tenant=cast.tenant, at=old.LATER, name="fake", digest="x", bytes=1, rows=1
        )
    with pytest.raises(DatabaseError, match="tars_moved"), in_tenant(cast.tenant.id):
        run("SELECT tars_archive(%s, ARRAY[%s], ARRAY['sha256:0'], now())", fake.id, made.id)
    assert old.state(cast.bo, made.id) == "HOT" and old.state(cast.bo, other.id) == "ARCHIVED"


def _named(cast: make.Cast) -> frozenset[str]:
    with in_tenant(cast.tenant.id):
        return frozenset(Archive.objects.filter(destroyed_at=None).values_list("name", flat=True))


def pack_line(data: bytes) -> str:
    (line,) = pack.opened(data).lines.values()
    return line
