"""What the API says about an amendment: plain values, times in UTC, digests whole."""

from __future__ import annotations

from typing import Any

from governance.amendments.kinds import Basis
from governance.amendments.queries.answers import Answer
from governance.amendments.queries.lists import utc
from governance.amendments.queries.page import AmendmentPage
from governance.amendments.queries.talk import Talk
from governance.amendments.queries.undo import RollBackPreview
from governance.discussion.queries import Thread
from governance.files.queries import Attachment


def amendment_record(page: AmendmentPage) -> dict[str, Any]:
    """Everything the amendment's page shows."""
    proposal, comparison = page.proposal, page.comparison
    return {
        "id": proposal.label,
        "state": proposal.state,
        "system": proposal.system.name,
        "amendment_type": proposal.amendment_type,
        "basis": proposal.basis,
        "effect": proposal.effect,
        "sentence": proposal.sentence,
        "can_rollback": Basis(proposal.basis).can_roll_back,
        "proposed_by": proposal.proposed_by,
        "created_at": utc(proposal.created_at),
        "updated_at": utc(proposal.updated_at),
        "expires_at": utc(proposal.expires_at),
        "effective_at": utc(proposal.effective_at),
        "digest": page.digest,
        "revision": _revision(page),
        "changes": [change.as_json() for change in comparison.changes],
        "patch": comparison.patch,
        "constitution": comparison.new,
        "evidence": page.revision.evidence,
        "checklist": [_proof(proof) for proof in page.evidence],
        "authority": _authority(page),
        "attachments": [_attachment(file) for file in page.attachments],
        "comments": [thread(one) for one in page.talk.threads],
        "viewed": viewed(page.talk),
        "conflicts": [
            {"id": rival.label, "sentence": rival.sentence, "state": rival.state, "pointers": list(rival.pointers)}
            for rival in page.rivals
        ],
        "stale": _stale(page),
        "applied": _applied(page),
        "timeline": [_event(event) for event in page.events],
    }


def roll_back_record(preview: RollBackPreview) -> dict[str, Any]:
    """What rolling back would do; post `digest` back to do it."""
    return {
        "id": preview.amendment.label,
        "system": preview.system.name,
        "digest": preview.digest,
        "sentence": preview.undo.sentence,
        "effect": preview.undo.effect.value,
        "changes": [change.as_json() for change in preview.undo.changes],
        "conflicts": [conflict.pointer for conflict in preview.undo.conflicts],
        "people_needed": preview.needs,
        "later": [
            {"id": row.amendment.label, "sentence": row.amendment.sentence, "shared": list(row.pointers)}
            for row in preview.built_on
        ],
        "voids": [proposal.label for proposal in preview.voids],
        "dependants": list(preview.dependants),
        "refused_because": preview.reason_to_rest or None,
    }


def thread(found: Thread) -> dict[str, Any]:
    """A thread with its comments, in order."""
    return {
        "pointer": found.pointer,
        "is_resolved": found.is_resolved,
        "resolved_by": found.resolved_by or None,
        "comments": [
            {
                "id": str(remark.id),
                "author": remark.author,
                "at": utc(remark.at),
                "revision": remark.revision,
                "text": remark.text,
                "suggestion": {"value": remark.value} if remark.has_suggestion else None,
            }
            for remark in found.remarks
        ],
    }


def viewed(talk: Talk) -> list[str]:
    """The pointers of the changes that this reader has viewed."""
    return [spot.line.pointer for spot in talk.spots if spot.is_viewed]


def _attachment(file: Attachment) -> dict[str, Any]:
    return {
        "id": str(file.id) if file.id else None,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "digest": file.digest,
        "state": file.state,
    }


def _revision(page: AmendmentPage) -> dict[str, Any]:
    revision = page.revision
    return {
        "number": revision.number,
        "base_version": revision.base_version,
        "base_digest": revision.base_digest,
        "new_digest": revision.new_digest,
        "diff": revision.diff,
        "why": revision.why,
        "by": revision.by,
        "at": utc(revision.at),
    }


def _proof(proof: Any) -> dict[str, Any]:
    return {
        "item": proof.label,
        "is_present": proof.is_present,
        "is_required": proof.is_required,
        "source": proof.source or None,
        "date": proof.date.isoformat() if proof.date else None,
        "supplied_by": proof.supplied_by or None,
    }


def _authority(page: AmendmentPage) -> dict[str, Any]:
    return {
        "needs": page.authority.needs,
        "places": [
            {"role": place.label, "needed": place.needed, "filled": place.filled} for place in page.authority.places
        ],
        "answers": [_answer(answer) for answer in page.answers],
        "you_cannot_approve_because": page.box.approve or None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    decision = answer.decision
    return {
        "actor": decision.actor_name,
        "verdict": decision.verdict,
        "roles": decision.roles,
        "via": decision.via,
        "note": decision.note,
        "at": utc(decision.at),
        "digest": decision.digest,
        "statement": bytes(decision.statement).decode(),
        "signature": bytes(decision.signature).hex(),
        "signer": decision.signer,
    }


def _stale(page: AmendmentPage) -> dict[str, Any] | None:
    stale = page.staleness
    if stale is None:
        return None
    return {
        "base_version": stale.base,
        "current_version": stale.current,
        "has_policy_moved": stale.has_policy_moved,
        "moved": list(stale.pointers),
        "conflicts": list(stale.conflicts),
    }


def _applied(page: AmendmentPage) -> dict[str, Any] | None:
    amendment = page.amendment
    if amendment is None:
        return None
    return {
        "old_version": amendment.base_version,
        "new_version": amendment.new_version,
        "approved_by": amendment.approved_by,
        "approved_at": utc(amendment.approved_at),
        "rolled_back_at": utc(amendment.rolled_back_at),
    }


def _event(event: Any) -> dict[str, Any]:
    return {
        "said": event.said,
        "by": event.by,
        "at": utc(event.at),
        "why": event.why,
        "ledger_sequence": event.sequence,
    }
