"""The ledger as a list that can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from governance.audit import queries
from governance.audit.entries import Explained, explained_entry
from governance.audit.filters import Filters, in_words
from governance.audit.forms import FilterForm, asked_by
from governance.errors import Invalid
from governance.exports.sources import CHUNK, Asked, Source
from governance.exports.table import Column, Row
from governance.scope import Scope

COLUMNS = (
    Column("sequence", "Entry", 5),
    Column("at", "Time (UTC)", 13),
    Column("recorded_at"),
    Column("actor", "Who", 15),
    Column("event_type"),
    Column("action", "Action", 15),
    Column("subject", "About", 12),
    Column("outcome", "Outcome", 6),
    Column("sentence", "What happened", 34),
    Column("before"),
    Column("after"),
    Column("entry_hash", "Hash", 18),
    Column("previous_hash"),
    Column("signer"),
)


def asked(scope: Scope, parameters: Mapping[str, str]) -> Asked:
    """The filters of the ledger page. Raises `Invalid` for an unreadable one: a file must not hold more than was asked for."""
    form = FilterForm(parameters, actors=queries.actors(scope))
    if not form.is_valid():
        problems = tuple((f"/{name}", " ".join(map(str, said))) for name, said in form.errors.items())
        raise Invalid(f"{problems[0][0][1:]}: {problems[0][1]}", problems=problems)
    filters = form.filters()
    words = in_words(filters, labels=queries.EVENT_LABELS)
    return Asked(payload=filters.as_json(), words=words, query=urlencode(asked_by(filters)))


def count(scope: Scope, payload: dict[str, Any], most: int) -> int:
    return _matching(scope, payload)[:most].count()


def chunk(scope: Scope, payload: dict[str, Any], before: Any) -> tuple[list[Row], Any]:
    """Newest place in the chain first."""
    rows = _matching(scope, payload).filter(Q(sequence__lt=before) if before else Q())
    found = list(rows.order_by("-sequence")[:CHUNK])
    last = found[-1].sequence if len(found) == CHUNK else None
    return [row_of(explained_entry(row)) for row in found], last


def row_of(entry: Explained) -> Row:
    """One entry: as a table shows it, and as it is published (docs/ledger.md)."""
    return Row(
        cells={
            "sequence": entry.sequence,
            "at": entry.at,
            "recorded_at": entry.recorded_at,
            "actor": entry.actor,
            "event_type": entry.event_type,
            "action": entry.action,
            "subject": entry.subject_label,
            "outcome": "refused" if entry.is_refusal else "done",
            "sentence": entry.problem or entry.sentence,
            "before": entry.before if entry.is_changed else "",
            "after": entry.after if entry.is_changed else "",
            "entry_hash": entry.entry_hash,
            "previous_hash": entry.previous_hash,
            "signer": entry.signer,
        },
        document=entry.document or {"sequence": entry.sequence, "problem": entry.problem},
    )


def _matching(scope: Scope, payload: dict[str, Any]) -> Any:
    filters = Filters.of_json({name: value for name, value in payload.items() if name != "up_to"})
    return queries.matching(scope=scope, filters=filters, up_to=payload.get("up_to"))


SOURCE = Source(
    kind="ledger",
    title="Ledger",
    columns=COLUMNS,
    formats=("csv", "jsonl", "pdf"),
    asked=asked,
    count=count,
    chunk=chunk,
    is_packed=True,
)
