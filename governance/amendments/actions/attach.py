"""Evidence that TARS made itself, such as a replay, added to a proposal as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from governance import canonical
from governance.amendments.actions.checks import demand_seen
from governance.amendments.actions.common import demand_state, locked_system
from governance.amendments.actions.draft import own, renewed
from governance.amendments.attachments import KEY, named_in
from governance.amendments.errors import AttachedAlready
from governance.amendments.facts import current_revision
from governance.amendments.kinds import State
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.files import actions as files
from governance.files.models import Purpose
from governance.ledger.verbs import governed
from governance.scope import Scope

Demand = Callable[[AmendmentProposal, ProposalRevision], None]


@governed("amendments.attach", subject="number")
def attach(
    *,
    scope: Scope,
    number: int,
    name: str,
    content: bytes,
    evidence: Mapping[str, Any],
    demand: Demand,
    why: str,
    at: datetime,
) -> AmendmentProposal:
    """Add a file, and the items of `evidence` that say what is in it, to the evidence of one's own open proposal.

    A new revision of the same document begins, so approvals given so far are void. `demand` refuses evidence of something else
    than the locked proposal says now. Raises what that raises, `NotAllowed`, `NotFound`, `WrongState`, `AttachedAlready`,
    `MergeConflict` (the constitution moved: rebase first), `BadFile`, `TooManyFiles`.
    """
    proposal = own(scope=scope, number=number, to="attach evidence to")
    demand_state(proposal, State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED, to="attach evidence to")
    before = current_revision(proposal)
    demand(proposal, before)
    demand_seen(locked_system(scope=scope, system_id=proposal.system_id), before.base_version)
    held = named_in(before.evidence)
    if any(entry.get("digest") == canonical.digest_bytes(content) for entry in held):
        raise AttachedAlready(f"{proposal.label} holds this file already.")
    file = files.keep_file(scope=scope, purpose=Purpose.EVIDENCE, name=name, content=content, at=at)
    entry = {"name": file.name, "media_type": file.media_type, "size": file.size, "digest": file.digest}
    files.demand_room([int(one.get("size", 0)) for one in (*held, entry)])
    constitution: Any = canonical.loads_canonical(bytes(before.new_constitution))
    return renewed(
        scope=scope,
        proposal=proposal,
        before=before,
        constitution=constitution,
        evidence={**before.evidence, **evidence, KEY: [*held, entry]},
        why=why,
        verb="amendments.attach",
        told=why,
        at=at,
    )
