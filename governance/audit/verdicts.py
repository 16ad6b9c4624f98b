"""The rulebook's stored verdicts against the entries that name them. Pure, in constant memory.

A verdict's row stands in the stream right behind the entry that its `sealed_in` names, rows of one entry in the order of their
ids; rows that no entry names yet come behind the last entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from governance.audit.chain import MAX_BYTES, ChainCheck, Values
from governance.audit.records import Verdict
from governance.audit.report import Findings
from governance.audit.signing import VERDICT, is_signed
from governance.canonical import canonical_bytes, digest_bytes, loads_canonical
from governance.errors import DomainError


class VerdictChecks:
    """Feed it every entry, and behind each the rows that say it seals them; `end` after the last entry."""

    def __init__(self, *, chain: ChainCheck, findings: Findings) -> None:
        self.chain, self.findings = chain, findings
        self.named = self.sealed = self.waiting = 0
        """Verdicts that entries name; rows that say they are sealed; rows that no entry holds yet."""
        self.has_rows = False
        self._open: _Sealing | None = None

    def entry(self, sequence: int, label: str, values: Values) -> None:
        """Close the entry before, and remember what this one says of verdicts."""
        self.end()
        if values.get("/event_type") != "verdict":
            return
        if "/action/verdict_id" in values or "/action/verdicts_digest" in values:
            self._open = _Sealing(sequence, label, values)
            self.named += self._open.count

    def row(self, row: Verdict) -> None:
        label = f"Verdict {row.id}"
        self._itself(row, label)
        if row.sealed_in is None:
            self.waiting += 1
            return
        self.sealed += 1
        if self._open is None or self._open.sequence != row.sealed_in:
            self._say(row, label, "forged", f"it says entry {row.sealed_in} seals it; that entry names no verdict.")
        elif fault := self._open.fault_of(row):
            self._say(row, label, "column", fault)

    def end(self) -> None:
        """Name what the last entry told of and no row holds."""
        if self._open is not None and self.has_rows:
            for label, code, sentence in self._open.faults():
                self.findings.add(label, code, sentence, sequence=self._open.sequence)
        self._open = None

    def _itself(self, row: Verdict, label: str) -> None:
        """What the row alone must say: bytes, digest, signature, and columns that repeat them."""
        said = _statement(row)
        if said is None or digest_bytes(said) != row.digest:
            self._say(row, label, "digest", "its stored bytes do not have its digest.")
        if row.signer != self.chain.root:
            self._say(row, label, "signer", "its signer is not TARS’s key in this chain.")
        elif said is None or not is_signed(signer=row.signer, message=VERDICT + said, signature=row.signature):
            self._say(row, label, "signature", "its signature does not verify under TARS’s key.")
        columns = _columns(row)
        if columns is None:
            self._say(row, label, "canonical", "its question and answer are not canonical JSON of the documented form.")
            return
        for column, held in columns.items():
            if getattr(row, column) != held:
                self._say(row, label, "column", f"the column {column} is not what its question and answer say.")

    def _say(self, row: Verdict, label: str, code: str, sentence: str) -> None:
        self.findings.add(label, code, sentence, sequence=row.sealed_in, line=row.line)


class _Sealing:
    """One entry that names verdicts: one by id and digest, or many by their count, ends and the digest of their digests."""

    def __init__(self, sequence: int, label: str, values: Values) -> None:
        self.sequence, self.label = sequence, label
        self.single = values.get("/action/verdict_id")
        self.digest = values.get("/action/digest" if self.single is not None else "/action/verdicts_digest")
        count = 1 if self.single is not None else values.get("/action/count")
        self.count = count if type(count) is int else 0
        self._missing = {values.get(f"/action/{end}") for end in ("first", "last")} - {None}
        self._rows, self._whole = 0, hashlib.sha256(b"[")

    def fault_of(self, row: Verdict) -> str:
        """Why this row is not one that the entry names, as far as the row alone shows it; "" otherwise."""
        if self.single is not None:
            if row.id != self.single:
                return f"entry {self.sequence} names another verdict, not this one."
            self._rows += 1
            return "" if row.digest == self.digest else f"its digest is not the one that entry {self.sequence} holds."
        self._missing.discard(row.id)
        self._whole.update((b"," if self._rows else b"") + canonical_bytes(row.digest))
        self._rows += 1
        return ""

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """`(label, code, sentence)`, once every row was seen."""
        for id in sorted({self.single} if self.single is not None and not self._rows else self._missing):
            yield f"Verdict {id}", "gone", f"its row is gone, or no longer says that entry {self.sequence} seals it."
        if self.single is not None:
            return
        if self._rows != self.count:
            rows = "1 row says" if self._rows == 1 else f"{self._rows:,} rows say"
            yield self.label, "verdicts", f"it seals {self.count:,} verdicts; {rows} that it seals them."
        elif f"sha256:{self._finished()}" != self.digest:
            yield (
                self.label,
                "verdicts",
                "the verdicts it seals do not have the digest it holds of them: one was changed.",
            )

    def _finished(self) -> str:
        self._whole.update(b"]")
        return self._whole.hexdigest()


def _gone(row: Verdict) -> str:
    """The digest of a question that was destroyed with its execution; "" while the question is there.

    What stands in its place is named by the signed statement, so nobody can put another question's digest there.
    """
    try:
        question = loads_canonical(row.question, max_bytes=MAX_BYTES)
    except DomainError:
        return ""
    is_gone = (
        isinstance(question, dict) and question.keys() == {"destroyed", "digest"} and question["destroyed"] is True
    )
    return str(question["digest"]) if is_gone else ""


def _question_digest(row: Verdict) -> str:
    return _gone(row) or digest_bytes(row.question)


def _statement(row: Verdict) -> bytes | None:
    """The statement as the columns have it (format: docs/ledger.md)."""
    try:
        return canonical_bytes(
            {
                "verdict_id": row.id,
                "system_id": row.system_id,
                "question": _question_digest(row),
                "answer": digest_bytes(row.answer),
                "rulebook_digest": row.rulebook_digest,
                "asked_by": row.asked_by,
                "signer": row.signer,
            }
        )
    except DomainError:
        return None


def _columns(row: Verdict) -> dict[str, Any] | None:
    """What the columns that people search by must hold; None when the bytes cannot be read."""
    try:
        question = loads_canonical(row.question, max_bytes=MAX_BYTES)
        answer = loads_canonical(row.answer, max_bytes=MAX_BYTES)
        asked = {} if _gone(row) else {"session": question["session"], "at": question["at"]}
        return asked | {
            "action": answer["action"],
            "outcome": answer["outcome"],
            "is_error": bool(answer["errors"] or answer["missing_facts"]),
            "rules_applied": tuple(answer["rules_applied"]),
            "sentence": answer["sentence"],
            "compliance_score": answer["compliance_score"],
        }
    except (DomainError, KeyError, TypeError):
        return None
