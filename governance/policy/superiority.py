"""Which of two contradicting rules wins, and why, in words (docs/policy.md section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from governance.policy.book import Book
from governance.policy.entries import Entry

_NEVER = datetime.min.replace(tzinfo=UTC)


def reason(*, winner: Entry, loser: Entry, book: Book) -> str:
    """Why the winner is stronger ("weight 800 over 500"); "" if it is not."""
    if winner.weight != loser.weight:
        return f"weight {winner.weight} over {loser.weight}" if winner.weight > loser.weight else ""
    is_preferred = winner.id in book.stronger_than(loser.id)
    is_beneath = loser.id in book.stronger_than(winner.id)
    if is_preferred or is_beneath:
        return f"preference {winner.id} > {loser.id}" if is_preferred and not is_beneath else ""
    if winner.body > loser.body:
        return f"more specific than {loser.id}"
    if loser.body > winner.body:
        return ""
    return f"newer than {loser.id}" if newness(winner) > newness(loser) else ""


def newness(entry: Entry) -> datetime:
    """When the rule was enacted; a rule without a date is older than any."""
    return entry.rule.enacted_at or _NEVER


def lifts(*, entry: Entry, over: Mapping[str, Entry], book: Book) -> Entry | None:
    """One of the heavier rules (by id) over which a preference puts this lighter one; such a preference is an error."""
    under = book.weaker_than(entry.id)
    return next((over[name] for name in sorted(under & over.keys()) if over[name].weight > entry.weight), None)


def beaten(
    *, rules: Sequence[Entry], by: Sequence[Entry], book: Book, step: Callable[[], None]
) -> dict[Entry, tuple[Entry, str]]:
    """Those of the rules that are weaker than one of the others, with the one that beats them and why.

    Nearly always the weight decides, and one look at the heaviest is enough; `step` is called for each pair beyond that.
    """
    if not rules or not by:
        return {}
    strong = sorted(by, key=lambda entry: entry.id)
    strong.sort(key=lambda entry: (entry.weight, newness(entry)), reverse=True)
    heaviest = strong[0].weight
    peers = [entry for entry in strong if entry.weight == heaviest]
    by_id = {entry.id: entry for entry in reversed(peers)}
    found: dict[Entry, tuple[Entry, str]] = {}
    for entry in rules:
        if entry.weight < heaviest:
            found[entry] = strong[0], f"weight {heaviest} over {entry.weight}"
        elif entry.weight == heaviest:
            hit = _beaten_by(entry, peers, by_id, book, step)
            if hit is not None:
                found[entry] = hit
    return found


def _beaten_by(
    entry: Entry, peers: Sequence[Entry], by_id: dict[str, Entry], book: Book, step: Callable[[], None]
) -> tuple[Entry, str] | None:
    stronger = book.stronger_than(entry.id)
    for preferred in sorted(stronger & by_id.keys()) if stronger else ():
        why = reason(winner=by_id[preferred], loser=entry, book=book)
        if why:
            return by_id[preferred], why
    for other in peers:
        step()
        why = reason(winner=other, loser=entry, book=book)
        if why:
            return other, why
    return None
