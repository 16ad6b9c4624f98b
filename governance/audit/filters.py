"""What a search of the ledger asks for, in absolute terms; as JSON, and in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

OUTCOMES = {"done": "Done", "refused": "Refused"}
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means any. `text` looks in subject, action and actor; `action` is names or their beginnings with commas
    between; `until` is excluded."""

    event_type: str = ""
    action: str = ""
    subject: str = ""
    actor: str = ""
    outcome: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_any(self) -> bool:
        return self == Filters()

    @property
    def has_time(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def words(self) -> list[str]:
        """The words to look for; more than five are too many to be looked for."""
        return self.text.split()[:MOST_WORDS]

    @property
    def actions(self) -> list[str]:
        return [part for part in (part.strip() for part in self.action.split(",")) if part][:20]

    def as_json(self) -> dict[str, Any]:
        """Only what is asked for; times in UTC, RFC 3339."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: moment(v) if isinstance(v, datetime) else v for name, v in values.items() if v}

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Filters:
        """Read back what `as_json` wrote."""
        values: dict[str, Any] = dict(data)
        for name in ("since", "until"):
            if name in values:
                values[name] = datetime.fromisoformat(values[name])
        return cls(**values)


def moment(at: datetime) -> str:
    """2026-11-20T09:00:00Z, with as many digits of a second as there are."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_words(filters: Filters, *, labels: dict[str, str]) -> str:
    """The filter as a person says it; `labels` name the kinds of entries."""
    said = [
        f"kind {labels.get(filters.event_type, filters.event_type)}" if filters.event_type else "",
        f"by {filters.actor}" if filters.actor else "",
        f"action {' or '.join(filters.actions)}" if filters.actions else "",
        f"about {filters.subject}" if filters.subject else "",
        f"outcome {OUTCOMES.get(filters.outcome, filters.outcome).lower()}" if filters.outcome else "",
        f"with the words {' and '.join(filters.words)}" if filters.words else "",
        f"from {moment(filters.since)}" if filters.since else "",
        f"before {moment(filters.until)}" if filters.until else "",
    ]
    return ", ".join(part for part in said if part) or "every entry"
