"""The rollback of an amendment as it would be done now; what the preview shows is what the verb does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments.bound import roll_back_bytes
from governance.amendments.models import ConstitutionalAmendment, Rollback
from governance.amendments.undo import Undo, plan
from governance.ids import new_id
from governance.registry.models import System, SystemVersion
from governance.scope import Scope


def drafted(
    *, scope: Scope, amendment: ConstitutionalAmendment, system: System, reason: str, at: datetime
) -> tuple[Rollback, Undo]:
    """The rollback as it would be done now, unsaved, with its digest; the preview and the verb share it."""
    before, after = _documents(amendment)
    undo = plan(before=before, after=after, current=system.constitution)
    new = canonical.canonical_bytes(undo.document)
    base = SystemVersion.objects.only("digest").get(
        tenant_id=scope.tenant_id, system_id=system.id, number=system.constitution_version
    )
    bound = roll_back_bytes(
        amendment_id=str(amendment.id),
        system_name=system.name,
        base_version=system.constitution_version,
        base_digest=base.digest,
        new_digest=canonical.digest_bytes(new),
        diff=undo.diff,
    )
    rollback = Rollback(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        amendment=amendment,
        system=system,
        reason=reason.strip(),
        effect=undo.effect.value,
        sentence=undo.sentence,
        diff=undo.diff,
        base_version=system.constitution_version,
        base_digest=base.digest,
        new_constitution=new,
        new_digest=canonical.digest_bytes(new),
        bound=bound,
        digest=canonical.digest_bytes(bound),
        requested_by=scope.actor.name,
        requested_at=at,
    )
    return rollback, undo


def _documents(amendment: ConstitutionalAmendment) -> tuple[dict[str, Any], dict[str, Any]]:
    """The constitutions before and after the amendment, from the bytes that were approved."""
    rows = SystemVersion.objects.filter(
        tenant_id=amendment.tenant_id,
        system_id=amendment.system_id,
        number__in=[amendment.base_version, amendment.new_version],
    ).order_by("number")
    before, after = (canonical.loads_canonical(bytes(row.canonical)) for row in rows)
    return before, after
