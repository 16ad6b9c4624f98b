"""An entry as people read it: who did what to what, when, with which outcome, and what changed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.audit.form import published
from governance.audit.records import Entry
from governance.errors import DomainError
from governance.ledger.hashing import nanoseconds
from governance.ledger.models import LedgerEntry

_AMENDMENT = re.compile(r"^AMD-([0-9]{1,18})$")
_SYSTEM_VERBS = frozenset(
    f"registry.{verb}" for verb in ("register_system", "set_dependencies", "fix_system", "change_status")
)
_SHOWN_ELSEWHERE = frozenset({"name", "subject", "before", "after", "bound", "statement", "signature", "decisions"})


@dataclass(frozen=True, slots=True)
class Explained:
    """One entry for a page. `problem` is set, and `document` empty, when the stored bytes cannot be read back."""

    sequence: int
    entry_id: str
    event_type: str
    action: str
    subject: str
    actor: str
    at: datetime
    recorded_at: datetime
    entry_hash: str
    previous_hash: str
    signer: str
    document: dict[str, Any]
    problem: str

    @property
    def sentence(self) -> str:
        """What happened, as the verb said it."""
        said = self.document.get("content", {}).get("constitutional_validation", {})
        return str(said.get("explanation") or self.action)

    @property
    def rules(self) -> list[str]:
        return list(self.document.get("content", {}).get("constitutional_validation", {}).get("rules_applied", []))

    @property
    def is_refusal(self) -> bool:
        return self.event_type == "refusal"

    @property
    def amendment_number(self) -> int | None:
        """Set when the subject is an amendment that has a page."""
        found = _AMENDMENT.match(self.subject)
        if found and self.action.startswith("amendments."):
            return int(found[1])
        plain = (
            self.is_refusal
            and self.action.startswith("amendments.")
            and self.subject.isascii()
            and self.subject.isdigit()
        )
        return int(self.subject) if plain and len(self.subject) < 18 else None

    @property
    def system_name(self) -> str:
        """Set when the subject, or what it is about, is a system that has a page."""
        if self.action in _SYSTEM_VERBS or (self.is_refusal and self.action == "amendments.propose"):
            return self.subject
        return str(self._action.get("system") or "")

    @property
    def subject_label(self) -> str:
        number = self.amendment_number
        return f"AMD-{number}" if number is not None else self.subject

    @property
    def before(self) -> str:
        return text_of(self._action.get("before"))

    @property
    def after(self) -> str:
        return text_of(self._action.get("after"))

    @property
    def is_changed(self) -> bool:
        return "before" in self._action and "after" in self._action

    @property
    def details(self) -> list[tuple[str, str]]:
        """The rest of the action, for a table of facts."""
        return [
            (name.replace("_", " ").capitalize(), text_of(value))
            for name, value in self._action.items()
            if name not in _SHOWN_ELSEWHERE and value not in ("", None, [], {})
        ]

    @property
    def shown(self) -> dict[str, Any]:
        """The document without what only a verifier reads."""
        return {name: value for name, value in self.document.items() if name not in ("commitments", "salts")}

    @property
    def _action(self) -> dict[str, Any]:
        return dict(self.document.get("content", {}).get("action", {}))


def text_of(value: Any) -> str:
    """Any JSON value as a person reads it in one line; what is nested deeper stays JSON."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(text_of, value)) or "nothing"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_inner(item)}" for name, item in value.items()) or "nothing"
    return str(value)


def _inner(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else text_of(value)


def explained_entry(row: LedgerEntry) -> Explained:
    record = record_of(row)
    document, problem = {}, ""
    try:
        document = published(record)
    except DomainError as error:
        problem = error.sentence
    return Explained(
        sequence=row.sequence,
        entry_id=str(row.id),
        event_type=row.event_type,
        action=row.action_name,
        subject=row.subject,
        actor=row.actor_name,
        at=row.at,
        recorded_at=row.recorded_at,
        entry_hash=f"sha256:{record.entry_hash.hex()}",
        previous_hash=f"sha256:{record.previous_hash.hex()}",
        signer=row.signer,
        document=document,
        problem=problem,
    )


def record_of(row: LedgerEntry) -> Entry:
    """The verifier's record of a row read through the ORM."""
    return Entry(
        id=str(row.id),
        tenant_id=str(row.tenant_id),
        sequence=row.sequence,
        event_type=row.event_type,
        action_name=row.action_name,
        subject=row.subject,
        actor_name=row.actor_name,
        at=nanoseconds(row.at),
        recorded_at=nanoseconds(row.recorded_at),
        header=bytes(row.header),
        openings=bytes(row.openings),
        previous_hash=bytes(row.previous_hash),
        entry_hash=bytes(row.entry_hash),
        signer=row.signer,
        signature=bytes(row.signature),
        redaction_class=row.redaction_class,
    )
