"""Files: kept with their digest, claimed once, never changed, dropped in time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError

from governance.canonical import digest_bytes
from governance.errors import NotAllowed, NotFound
from governance.files import actions, kinds, tasks
from governance.files.models import Purpose, StoredFile
from governance.files.queries import attachments_of, found_file
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import run

TEXT = b"It was measured.\n"


def _claimed(cast: make.Cast, *ids: UUID, named: tuple[str, ...] = ()) -> list[StoredFile]:
    with in_tenant(cast.tenant.id):
        return actions.claim(scope=cast.bo, file_ids=ids, named=named, at=make.AT)


def test_upload__keeps_bytes_name_and_digest_for_a_day() -> None:
    cast = make.cast()
    file = actions.upload(scope=cast.bo, name="../Why.TXT", content=TEXT, at=make.AT)
    assert (file.name, file.media_type, file.size) == ("Why.TXT", "text/plain", len(TEXT))
    assert file.digest == digest_bytes(TEXT)
    assert file.expires_at == make.AT + timedelta(days=1)


def test_upload__by_an_auditor__refused() -> None:
    with pytest.raises(NotAllowed):
        actions.upload(scope=make.cast().uma, name="why.txt", content=TEXT, at=make.AT)


def test_upload__too_large_or_of_a_wrong_type__refused() -> None:
    cast = make.cast()
    with pytest.raises(actions.BadFile, match=r"larger than 5\.0 MB"):
        actions.upload(scope=cast.bo, name="a.txt", content=b"a" * (kinds.EVIDENCE_BYTES + 1), at=make.AT)
    with pytest.raises(actions.BadFile, match="type that is not kept"):
        actions.upload(scope=cast.bo, name="a.exe", content=b"MZ", at=make.AT)


def test_claim__keeps_it_for_good__and_not_somebody_elses_nor_an_expired_one() -> None:
    cast = make.cast()
    mine = actions.upload(scope=cast.bo, name="a.txt", content=TEXT, at=make.AT)
    theirs = actions.upload(scope=cast.ada, name="a.txt", content=TEXT, at=make.AT)
    old = actions.upload(scope=cast.bo, name="a.txt", content=TEXT, at=make.AT - timedelta(days=2))
    assert [file.id for file in _claimed(cast, mine.id)] == [mine.id]
    for foreign in (theirs.id, old.id):
        with pytest.raises(NotFound):
            _claimed(cast, foreign)
    with pytest.raises(NotFound):
        _claimed(cast, mine.id)
    assert _claimed(cast, mine.id, named=(mine.digest,)), "the revision before holds it"


def test_claim__more_than_a_proposal_takes__refused() -> None:
    cast = make.cast()
    ids = [actions.upload(scope=cast.bo, name="a.txt", content=b"%d" % n, at=make.AT).id for n in range(11)]
    with pytest.raises(actions.TooManyFiles, match="10 files at most"):
        _claimed(cast, *ids)
    big = [b"%d" % n + b"a" * (kinds.EVIDENCE_BYTES - 9) for n in range(5)]
    ids = [actions.upload(scope=cast.bo, name="a.txt", content=content, at=make.AT).id for content in big]
    with pytest.raises(actions.TooManyFiles, match=r"20\.0 MB together"):
        _claimed(cast, *ids)


def test_drop_expired__takes_unsent_uploads_after_a_day_and_leaves_what_was_claimed() -> None:
    cast = make.cast()
    sent = actions.upload(scope=cast.bo, name="a.txt", content=b"1", at=make.AT)
    actions.upload(scope=cast.bo, name="b.txt", content=b"2", at=make.AT)
    _claimed(cast, sent.id)
    tasks.drop_expired((make.AT + timedelta(hours=25)).isoformat())
    with in_tenant(cast.tenant.id):
        assert [file.name for file in StoredFile.objects.all()] == ["a.txt"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_files SET content = 'other'",
        "UPDATE stored_files SET content = 'other', digest = 'sha256:' || encode(sha256('other'), 'hex')",
        "UPDATE stored_files SET expires_at = now()",
        "DELETE FROM stored_files",
    ],
)
def test_claimed_file__changed_past_the_verbs__refused_by_the_database(statement: str) -> None:
    cast = make.cast()
    _claimed(cast, actions.upload(scope=cast.bo, name="a.txt", content=TEXT, at=make.AT).id)
    with pytest.raises(DatabaseError), in_tenant(cast.tenant.id):
        run(statement)


def test_found_file__of_another_tenant_or_somebody_elses_upload__not_found() -> None:
    cast = make.cast()
    file = actions.upload(scope=cast.bo, name="a.txt", content=TEXT, at=make.AT)
    for scope in (make.stranger(), cast.ada):
        with in_tenant(scope.tenant_id), pytest.raises(NotFound):
            found_file(scope=scope, file_id=file.id, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert bytes(found_file(scope=cast.bo, file_id=file.id, at=make.AT).content) == TEXT
        with pytest.raises(NotFound):
            found_file(scope=cast.bo, file_id=file.id, at=make.AT + timedelta(days=2))


def test_keep_file__an_export__is_for_everybody_who_reads_the_record() -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id):
        file = actions.keep_file(
            scope=cast.uma,
            purpose=Purpose.EXPORT,
            name="ledger.jsonl",
            content=b'{"a": 1}\n',
            at=make.AT,
            expires_at=make.AT + timedelta(days=7),
        )
        assert found_file(scope=cast.ada, file_id=file.id, at=make.AT).name == "ledger.jsonl"
        with pytest.raises(NotAllowed):
            found_file(scope=cast.mel, file_id=file.id, at=make.AT)


def test_attachments_of__says_what_is_missing() -> None:
    cast = make.cast()
    file = actions.upload(scope=cast.bo, name="a.txt", content=TEXT, at=make.AT)
    named = [
        {"name": "mine.txt", "media_type": "text/plain", "size": 3, "digest": file.digest},
        {"name": "gone.txt", "media_type": "text/plain", "size": 3, "digest": "sha256:00"},
    ]
    with in_tenant(cast.tenant.id):
        found = attachments_of(scope=cast.ada, named=named)
    assert [(one.name, one.state) for one in found] == [("mine.txt", "kept"), ("gone.txt", "missing")]
