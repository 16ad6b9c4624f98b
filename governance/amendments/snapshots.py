"""An amendment's page as plain values, so that it can be drawn again when everything behind it has changed.

INVARIANT: a stored snapshot is never rewritten, so its form may only grow; `FORM` names it, and the page that draws it reads
missing members as empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.amendments.kinds import Basis
from governance.amendments.queries.comparison import Line
from governance.amendments.queries.lists import utc
from governance.amendments.queries.page import AmendmentPage
from governance.approvals.models import ApprovalDecision
from governance.discussion.queries import Remark, Thread

FORM = "tars.decision-page.v1"


def snapshot_of(page: AmendmentPage, *, decision: ApprovalDecision) -> dict[str, Any]:
    """What was on the page and the decision that was made on it."""
    proposal, revision = page.proposal, page.revision
    return {
        "form": FORM,
        "amendment": {
            "id": proposal.label,
            "state": proposal.state,
            "system": proposal.system.name,
            "amendment_type": proposal.amendment_type,
            "basis": proposal.basis,
            "effect": proposal.effect,
            "sentence": proposal.sentence,
            "irreversible_because": Basis(proposal.basis).irreversible_because,
            "proposed_by": proposal.proposed_by,
            "created_at": utc(proposal.created_at),
            "expires_at": utc(proposal.expires_at),
            "effective_at": utc(proposal.effective_at),
        },
        "revision": {
            "number": revision.number,
            "why": revision.why,
            "by": revision.by,
            "at": utc(revision.at),
            "digest": revision.digest,
            "base_version": revision.base_version,
            "base_digest": revision.base_digest,
            "new_version": revision.base_version + 1,
            "new_digest": revision.new_digest,
            "policy_version": revision.policy_version,
        },
        "changes": [_line(line) for line in page.comparison.lines],
        "more_changes": page.comparison.more,
        "since": _since(page),
        "evidence": [_proof(proof) for proof in page.evidence],
        "attachments": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "digest": file.digest,
                "state": file.state,
            }
            for file in page.attachments
        ],
        "authority": {
            "needs": page.authority.needs,
            "line": page.authority.line,
            "places": [
                {
                    "role": place.label,
                    "needed": place.needed,
                    "filled": place.filled,
                    "could": [person.name or person.email for person in place.could],
                }
                for place in page.authority.places
            ],
            "answers": [_given(answer) for answer in page.answers],
        },
        "stale": _stale(page),
        "conflicts": [
            {"id": rival.label, "sentence": rival.sentence, "state": rival.state, "pointers": list(rival.pointers)}
            for rival in page.rivals
        ],
        "comments": [_thread(thread) for thread in page.talk.threads],
        "viewed": [spot.line.pointer for spot in page.talk.spots if spot.is_viewed],
        "timeline": [
            {"said": event.said, "by": event.by, "at": utc(event.at), "why": event.why, "how": event.how}
            for event in page.events
        ],
        "decision": _decision(decision),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "pointer": line.pointer,
        "sentence": line.sentence,
        "kind": line.kind,
        "effect": line.effect.value,
        "old": line.old,
        "new": line.new,
        "is_secret": line.is_secret,
    }


def _since(page: AmendmentPage) -> dict[str, Any] | None:
    found = page.delta
    if found is None:
        return None
    return {
        "revision": found.since,
        "why": found.why,
        "added": [_line(line) for line in found.added],
        "dropped": [_line(line) for line in found.dropped],
        "evidence": list(found.evidence),
    }


def _proof(proof: Any) -> dict[str, Any]:
    return {
        "label": proof.label,
        "value": proof.value,
        "source": proof.source,
        "date": proof.date.isoformat() if proof.date else None,
        "is_present": proof.is_present,
        "is_required": proof.is_required,
        "supplied_by": proof.supplied_by,
    }


def _given(answer: Any) -> dict[str, Any]:
    decision = answer.decision
    return {
        "decision_id": str(decision.id),
        "actor": decision.actor_name,
        "verdict": decision.verdict,
        "said": answer.said,
        "how": answer.how,
        "note": decision.note,
        "at": utc(decision.at),
    }


def _stale(page: AmendmentPage) -> dict[str, Any] | None:
    found = page.staleness
    if found is None:
        return None
    return {
        "base_version": found.base,
        "current_version": found.current,
        "has_policy_moved": found.has_policy_moved,
        "moved": list(found.pointers),
    }


def _thread(thread: Thread) -> dict[str, Any]:
    return {
        "pointer": thread.pointer,
        "resolved_by": thread.resolved_by,
        "remarks": [_remark(remark) for remark in thread.remarks],
    }


def _remark(remark: Remark) -> dict[str, Any]:
    said = {"author": remark.author, "at": utc(remark.at), "revision": remark.revision, "text": remark.text}
    return {**said, "suggestion": {"value": remark.value}} if remark.has_suggestion else said


def _decision(decision: ApprovalDecision) -> dict[str, Any]:
    at: datetime = decision.at
    return {
        "id": str(decision.id),
        "actor": decision.actor_name,
        "verdict": decision.verdict,
        "roles": list(decision.roles),
        "via": decision.via,
        "confirmed_by": decision.confirmed_by,
        "note": decision.note,
        "at": utc(at),
        "statement": bytes(decision.statement).decode(),
        "signature": bytes(decision.signature).hex(),
        "signer": decision.signer,
    }
