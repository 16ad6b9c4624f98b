"""Files as evidence: named with their digests, so that the approved digest covers them; gone or changed is seen."""

from __future__ import annotations

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import Tampered
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries import amendment_page
from governance.errors import Invalid, NotFound
from governance.files.actions import upload
from governance.files.models import StoredFile
from governance.files.queries import Attachment
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.audit.superuser import superuser


def uploaded(cast: make.Cast, content: bytes = b"Measured.", name: str = "why.txt") -> StoredFile:
    return upload(scope=cast.bo, name=name, content=content, at=make.AT)


def attached(cast: make.Cast, proposal: AmendmentProposal) -> tuple[Attachment, ...]:
    with in_tenant(cast.tenant.id):
        return amendment_page(scope=cast.cy, number=proposal.number, at=make.AT).attachments


def revised(cast: make.Cast, proposal: AmendmentProposal, **options: object) -> None:
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.constitution_of(cast.bo), fallback_delay_ms=300),
        evidence={"reason": "Better."},
        why="smaller",
        at=make.AT,
        **options,  # type: ignore[arg-type]
    )


def test_propose__with_a_file__its_digest_is_in_the_approved_bytes() -> None:
    cast = make.cast()
    file = uploaded(cast)
    proposal = make.proposed(cast, attachments=[file.id])
    with in_tenant(cast.tenant.id):
        revision = ProposalRevision.objects.get(proposal=proposal)
        assert StoredFile.objects.get().expires_at is None
    entry = {"name": "why.txt", "media_type": "text/plain", "size": 9, "digest": file.digest}
    assert revision.evidence["attachments"] == [entry]
    assert file.digest.encode() in bytes(revision.bound)
    assert [(one.name, one.state, one.id) for one in attached(cast, proposal)] == [("why.txt", "kept", file.id)]


def test_revise__keeps_the_files_there_are_unless_told_otherwise() -> None:
    cast = make.cast()
    first, second = uploaded(cast), uploaded(cast, b"Measured again.", "again.txt")
    proposal = make.proposed(cast, attachments=[first.id])
    revised(cast, proposal)
    assert [one.name for one in attached(cast, proposal)] == ["why.txt"]
    revised(cast, proposal, attachments=[first.id, second.id])
    assert [one.name for one in attached(cast, proposal)] == ["why.txt", "again.txt"]
    revised(cast, proposal, attachments=[])
    assert attached(cast, proposal) == ()


def test_propose__with_a_file_of_somebody_else_or_named_by_hand__refused() -> None:
    cast = make.cast()
    theirs = upload(scope=cast.ada, name="why.txt", content=b"Mine.", at=make.AT)
    with pytest.raises(NotFound):
        make.proposed(cast, attachments=[theirs.id])
    with pytest.raises(Invalid, match="not named in the evidence"):
        make.proposed(cast, evidence={"reason": "Because.", "attachments": [{"digest": "sha256:00"}]})


def test_approve__a_file_was_changed_behind_our_back__refused_and_shown() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, attachments=[uploaded(cast).id])
    with superuser() as raw:
        raw.execute("ALTER TABLE stored_files DROP CONSTRAINT stored_files_named")
        raw.execute("UPDATE stored_files SET content = 'Other.' WHERE tenant_id = %s", [cast.tenant.id])
    assert [one.state for one in attached(cast, proposal)] == ["changed"]
    with pytest.raises(Tampered, match="its attachments"):
        make.approve(cast.cy, proposal)
    with superuser() as raw:
        raw.execute("DELETE FROM stored_files WHERE tenant_id = %s", [cast.tenant.id])
        raw.execute(
            "ALTER TABLE stored_files ADD CONSTRAINT stored_files_named "
            "CHECK (digest = 'sha256:' || encode(sha256(content), 'hex'))"
        )
    assert [one.state for one in attached(cast, proposal)] == ["missing"]


def test_propose__taking_effect_in_the_past__refused() -> None:
    with pytest.raises(Invalid, match="lies in the past"):
        make.proposed(make.cast(), effective_at=make.AT)
