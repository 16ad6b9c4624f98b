"""Verdicts as rows: signed, never changed, and under one entry of the ledger sooner or later. Inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from governance import canonical, sql
from governance.ids import new_id
from governance.keys.actions import Signer
from governance.ledger import actions as ledger
from governance.ledger.actions import Entry
from governance.rulebook.answers import Answer
from governance.rulebook.models import StoredVerdict
from governance.rulebook.statement import digest_of_batch, signed_message, statement
from governance.scope import Scope, tars_scope

EVENT = "verdict"


def row_of(answer: Answer, *, scope: Scope, signer: Signer, at: datetime) -> StoredVerdict:
    """The row of one answer, signed by TARS, not saved yet."""
    found, verdict = answer.gathered, answer.verdict
    assert found is not None
    id = new_id(at)
    question, said = answer.question_bytes(at=at), canonical.canonical_bytes(verdict.as_json())
    rulebook_digest = found.digest
    data = statement(
        verdict_id=str(id),
        system_id=str(found.system_id),
        question=question,
        answer=said,
        rulebook_digest=rulebook_digest,
        asked_by=scope.actor.name,
        signer=signer.did,
    )
    return sql.made(
        StoredVerdict,
        id=id,
        tenant_id=scope.tenant_id,
        system_id=found.system_id,
        action=verdict.action,
        session=answer.question.session,
        outcome=verdict.outcome.value,
        is_error=answer.is_error,
        rules_applied=list(verdict.rules_applied),
        sentence=verdict.sentence,
        compliance_score=Decimal(str(verdict.compliance_score)),
        question=question,
        answer=said,
        digest=canonical.digest_bytes(data),
        rulebook_digest=rulebook_digest,
        asked_by=scope.actor.name,
        at=at,
        signer=signer.did,
        signature=signer.sign(signed_message(data)),
    )


def record_one(answer: Answer, row: StoredVerdict | None, *, scope: Scope, verb: str, at: datetime) -> Entry:
    """The ledger's entry for a denial or an approval that is required. `row` is None for a system that does not exist."""
    verdict = answer.verdict
    stored: dict[str, Any] = {} if row is None else {"verdict_id": str(row.id), "digest": row.digest}
    return ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": verb,
            "subject": answer.question.system[:200],
            "asked": verdict.action,
            "outcome": verdict.outcome.value,
            "session": answer.question.session,
            "rulebook_digest": "" if row is None else row.rulebook_digest,
            **stored,
        },
        explanation=verdict.sentence,
        rules_applied=verdict.rules_applied,
        compliance_score=verdict.compliance_score,
    )


def record_batch(
    answers: Sequence[Answer], rows: Sequence[StoredVerdict], *, scope: Scope, verb: str, at: datetime
) -> Entry:
    """One entry for many answers at once: what came of them, and the digest of their digests."""
    counts = Counter(answer.verdict.outcome.value for answer in answers)
    names = sorted({answer.question.system[:200] for answer in answers})
    score = sum(answer.verdict.compliance_score for answer in answers) / len(answers)
    return ledger.append(
        scope=scope,
        at=at,
        event_type=EVENT,
        action={
            "name": verb,
            "subject": names[0] if len(names) == 1 else f"{len(names)} systems",
            "outcomes": dict(sorted(counts.items())),
            **sealing(rows),
        },
        explanation=_batch_sentence(counts),
        rules_applied=sorted({rule for answer in answers for rule in answer.verdict.rules_applied})[:MOST_RULES],
        compliance_score=round(score, 4),
    )


MOST_RULES = 200
"""Rules that the entry of a batch names; each verdict names all of its own."""


def sealing(rows: Sequence[StoredVerdict]) -> dict[str, Any]:
    """What an entry holds of the rows it seals."""
    ordered = sorted(rows, key=lambda row: row.id)
    ends = {"first": str(ordered[0].id), "last": str(ordered[-1].id)} if ordered else {}
    return {"count": len(ordered), **ends, "verdicts_digest": digest_of_batch([row.digest for row in ordered])}


def seal(*, tenant_id: Any, rows: Sequence[StoredVerdict], at: datetime) -> Entry:
    """Put verdicts that are only signed so far under one entry."""
    verdicts = "verdict was" if len(rows) == 1 else "verdicts were"
    entry = ledger.append(
        scope=tars_scope(tenant_id),
        at=at,
        event_type=EVENT,
        action={"name": "policy.verdicts_sealed", "subject": "verdicts", **sealing(rows)},
        explanation=f"{len(rows):,} {verdicts} sealed, which were only signed until now.",
    )
    ids = [row.id for row in rows]
    StoredVerdict.objects.filter(tenant_id=tenant_id, id__in=ids).update(sealed_in=entry.sequence)
    return entry


def _batch_sentence(counts: Counter[str]) -> str:
    words = {"permit": "permitted", "deny": "denied", "require_approval": "need approval"}
    parts = [f"{counts[key]:,} {word}" for key, word in words.items() if counts[key]]
    return f"{sum(counts.values()):,} actions were asked about: {', '.join(parts)}."
