"""A folder and a bucket keep archive files alike: the same cases run over both."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from minio.error import S3Error
from typer.testing import CliRunner

from governance.audit.queries import verified
from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.lifecycle import ageing, moving, pack, pruning, stores
from routing.lifecycle.buckets import Bucket
from routing.lifecycle.checking import check
from routing.lifecycle.errors import FileMissing, StoreFailed
from routing.lifecycle.stores import Store
from tarsweb.cli import app
from tests import factories as make
from tests.db.lifecycle import old, s3
from tests.db.lifecycle.old import END, cast
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


@pytest.fixture(params=["folder", "bucket", "versioned bucket"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Store:
    if request.param == "folder":
        settings.ARCHIVES = str(tmp_path / "archives")
        return stores.current()
    settings.ARCHIVE_BUCKET = s3.place()
    if request.param == "versioned bucket":
        from minio.versioningconfig import ENABLED, VersioningConfig

        at = settings.ARCHIVE_BUCKET
        s3.client(at).set_bucket_versioning(at.bucket, VersioningConfig(ENABLED))
    return stores.current()


def test_store__keeps_what_it_was_given_until_it_is_dropped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (store.get("a/1"), store.has("a/1"), list(store.names("a/"))) == (None, False, [])
    store.put("a/1", b"one")
    store.put("a/2", b"x" * (17 * 1024 * 1024))
    store.put("b/1", b"other")
    assert (store.get("a/1"), store.has("a/1"), list(store.names("a/"))) == (b"one", True, ["a/1", "a/2"])
    assert store.get("a/2") == b"x" * (17 * 1024 * 1024)
    for _ in range(2):
        store.drop("a/1")
    assert (store.get("a/1"), store.has("a/1"), list(store.names("a/"))) == (None, False, ["a/2"])
    assert list(store.names("b/")) == ["b/1"]


def test_way_there_and_back(store: Store, cast: make.Cast) -> None:
    (made, other) = old.done(cast, "Run payroll of May", "Run payroll of June")
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)
    archive = moving.archive(scope=cast.tars, at=old.LATER)
    assert archive is not None and list(store.names(f"{cast.tenant.id}/")) == [archive.name]
    assert check(scope=cast.uma).is_whole
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    assert old.whole(cast.bo, made.id) == before
    with in_tenant(cast.tenant.id):
        due = pruning.due(scope=cast.ada, at=END)
    done = pruning.prune(
        scope=cast.ada, digest=due.digest, reason="Over.", confirmation=make.confirmed(cast.ada, at=END), at=END
    )
    assert done.files == 1 and list(store.names(f"{cast.tenant.id}/")) == [] and not store.has(archive.name)
    assert old.state(cast.bo, other.id) == "PRUNED" and check(scope=cast.uma).is_whole
    assert verified(cast.uma).is_verified


def test_file__missing__changed__and_one_that_nobody_names(store: Store, cast: make.Cast) -> None:
    archive, (made,) = old.archived(cast)
    whole = store.get(archive.name)
    assert whole is not None
    stray = f"{cast.tenant.id}/0190-stray.jsonl.gz"
    store.put(stray, b"half")
    found = check(scope=cast.uma)
    assert found.is_whole and found.strays == (stray,)
    store.put(archive.name, whole[:-5] + b"other")
    with pytest.raises(pack.Damaged):
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    assert "its digest is another" in check(scope=cast.uma).faults[0]
    store.drop(archive.name)
    with pytest.raises(FileMissing, match="is not in the store"):
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    store.put(archive.name, whole)
    moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    assert old.state(cast.bo, made.id) == "HOT"


@pytest.mark.parametrize("way", ["put", "get"])
def test_store_that_fails_in_the_middle__moves_nothing(
    store: Store, way: str, cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = old.done(cast, "Run payroll")
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)

    def fails(*_: object) -> bytes:
        raise StoreFailed("It fell.")

    with monkeypatch.context() as patch, pytest.raises(StoreFailed):
        patch.setattr(type(store), way, fails)
        moving.archive(scope=cast.tars, at=old.LATER)
    assert old.whole(cast.bo, made.id) == before and old.rows(cast.bo) == []
    assert moving.archive(scope=cast.tars, at=old.LATER) is not None and check(scope=cast.uma).is_whole


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SignatureDoesNotMatch", "does not let TARS into"),
        ("AuthorizationHeaderMalformed", "Set TARS_ARCHIVE_REGION"),
        ("SlowDown", "answered SlowDown"),
    ],
)
def test_bucket__what_the_store_answers__is_said_with_what_to_do(code: str, said: str) -> None:
    bucket = Bucket(s3.place())
    with pytest.raises(StoreFailed, match=said), bucket._asked():
        raise S3Error(None, code, None, None, None, None)  # type: ignore[arg-type]


def test_bucket__out_of_reach__says_so_and_nothing_moves(cast: make.Cast, settings: Any) -> None:
    settings.ARCHIVE_BUCKET = s3.place()
    archive, (made,) = old.archived(cast)
    at = settings.ARCHIVE_BUCKET
    with s3.impatient(), socket.create_server(("127.0.0.1", 0)) as mute:
        for broken, said in (
            (replace(at, host="127.0.0.1:9"), "cannot be reached"),
            (replace(at, host=f"127.0.0.1:{mute.getsockname()[1]}"), "cannot be reached"),
            (replace(at, bucket="another"), "There is no bucket another"),
        ):
            settings.ARCHIVE_BUCKET = broken
            with pytest.raises(StoreFailed, match=said) as refusal:
                moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
            assert said in check(scope=cast.uma).faults[0]
            page = client_of(cast.bo).post(f"/archives/restore/{made.id}/", follow=True).content.decode()
            answer = client_of(cast.bo).post(f"/api/v1/executions/{made.id}/restore/", content_type="application/json")
            assert said in page and (answer.status_code, answer.json()["code"]) == (503, "archive_store")
            assert s3.SECRET not in f"{refusal.value.sentence}{refusal.value.__cause__!r}{broken!r}"
    settings.ARCHIVE_BUCKET = at
    assert old.state(cast.bo, made.id) == "ARCHIVED" and check(scope=cast.uma).is_whole
    assert archive.name.startswith(f"{cast.tenant.id}/")


def test_bucket__wrong_keys__says_so_and_nothing_moves(cast: make.Cast, settings: Any) -> None:
    at = s3.place()
    with s3.strict(at) as known:
        settings.ARCHIVE_BUCKET = known
        _, (made,) = old.archived(cast)
        wrong_secret = replace(known, secret=s3.SECRET)
        for broken, code in (
            (replace(known, key="AKIAUNKNOWN", secret=s3.SECRET), "InvalidAccessKeyId"),
            (wrong_secret, "SignatureDoesNotMatch"),
        ):
            settings.ARCHIVE_BUCKET = broken
            _said_everywhere(cast, made, "does not let TARS into the bucket", code)
            (more,) = old.done(cast, f"Run payroll beside {code}")
            _not_archived(cast, more, "does not let TARS into")
        settings.ARCHIVE_BUCKET = known
        assert check(scope=cast.uma).is_whole
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
        assert old.state(cast.bo, made.id) == "HOT"


def test_bucket__behind_a_ca_of_ones_own__is_trusted_where_its_file_is_named(
    cast: make.Cast, settings: Any, tmp_path: Path
) -> None:
    with s3.secure(tmp_path) as at:
        settings.ARCHIVE_BUCKET = at
        _, (made,) = old.archived(cast)
        assert check(scope=cast.uma).is_whole
        empty = tmp_path / "empty.pem"
        empty.write_text("no certificate")
        for broken, said in (
            (replace(at, ca=""), f"TARS does not trust the certificate of {at.host}. Name the file of its CA"),
            (replace(at, ca=str(tmp_path / "nowhere.pem")), "no certificates can be read there"),
            (replace(at, ca=str(empty)), "no certificates can be read there"),
            (replace(at, host=s3.server()), "speaks no TLS that TARS knows"),
        ):
            settings.ARCHIVE_BUCKET = broken
            with s3.impatient():
                _said_everywhere(cast, made, said)
        (more,) = old.done(cast, "Run payroll beside it")
        settings.ARCHIVE_BUCKET = replace(at, ca="")
        _not_archived(cast, more, "TARS does not trust")
        settings.ARCHIVE_BUCKET = at
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
        assert old.state(cast.bo, made.id) == "HOT" and check(scope=cast.uma).is_whole


def _said_everywhere(cast: make.Cast, made: Execution, *said: str) -> None:
    """Refused with these words by the verb, on the page, by the API, in the terminal; no key is in any of them."""
    with pytest.raises(StoreFailed) as refusal:
        moving.restore(scope=cast.bo, execution_id=made.id, at=old.LATER)
    page = client_of(cast.bo).post(f"/archives/restore/{made.id}/", follow=True).content.decode()
    answer = client_of(cast.bo).post(f"/api/v1/executions/{made.id}/restore/", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (503, "archive_store")
    told = CliRunner().invoke(app, ["archive", "verify", "--tenant", str(cast.tenant.id)])
    assert told.exit_code == 1 and "NOT whole" in told.output
    for words in said:
        assert words in refusal.value.sentence and words in page and words in told.output
        assert words in answer.content.decode()
    assert s3.SECRET not in f"{refusal.value.sentence}{page}{told.output}{answer.content.decode()}"
    assert old.state(cast.bo, made.id) == "ARCHIVED"


def _not_archived(cast: make.Cast, made: Execution, said: str) -> None:
    before = old.whole(cast.bo, made.id)
    ageing.age(scope=cast.tars, at=old.LATER)
    with pytest.raises(StoreFailed, match=said):
        moving.archive(scope=cast.tars, at=old.LATER)
    assert old.whole(cast.bo, made.id) == before
