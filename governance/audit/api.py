"""REST over the ledger (docs/api.md)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.audit import queries, shapes
from governance.audit.entries import Explained
from governance.audit.forms import FilterForm
from governance.errors import Invalid
from governance.rest import Face, endpoint, paged, paging, unknown_cursor


class Entries(Face):
    @endpoint(gives=shapes.Entry, query=shapes.EntryQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What was done, newest first: with a time in the filters by time, else by place in the chain.

        A search for words looks through a part of the chain at a time, so a page may be short and still have a `next`.
        """
        scope = self.reader(request)
        limit, after = paging(request)
        form = FilterForm(asked, actors=queries.actors(scope))
        if not form.is_valid():
            problems = tuple((f"/{name}", " ".join(map(str, said))) for name, said in form.errors.items())
            raise Invalid("A filter cannot be read; every fault is listed.", problems=problems)
        found = queries.search(scope=scope, filters=form.filters(), before=_sequence(after), limit=limit)
        results = [record(one) for one in found.entries]
        return paged(request, results, next_after=None if found.older is None else str(found.older))


class OneEntry(Face):
    @endpoint(gives=shapes.WholeEntry)
    def get(self, request: Request, sequence: int) -> Response:
        """One entry with its published form."""
        scope = self.reader(request)
        found = queries.explained(scope=scope, sequence=sequence)
        related = [
            {"sequence": one.sequence, "at": one.at, "actor": one.actor, "sentence": one.sentence}
            for one in queries.related(scope=scope, entry=found)
        ]
        return Response({**record(found), "document": found.document or None, "related": related})


def record(entry: Explained) -> dict[str, Any]:
    """An entry as plain values."""
    return {
        "sequence": entry.sequence,
        "id": entry.entry_id,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "event_type": entry.event_type,
        "action": entry.action,
        "subject": entry.subject_label,
        "actor": entry.actor,
        "outcome": "refused" if entry.is_refusal else "done",
        "sentence": entry.problem or entry.sentence,
        "entry_hash": entry.entry_hash,
        "previous_hash": entry.previous_hash,
        "signer": entry.signer,
    }


def _sequence(after: str) -> int | None:
    if after and not (after.isascii() and after.isdigit() and len(after) < 18):
        raise unknown_cursor()
    return int(after) if after else None
