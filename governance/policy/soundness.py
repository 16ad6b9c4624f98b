"""What keeps a theory from being activated as a rulebook (seeds/002 4.4). Linear, and bounded in what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from governance.policy.book import book_of
from governance.policy.circles import circles, strongly_connected
from governance.policy.conflicts import conflicts
from governance.policy.court import called
from governance.policy.entries import Entry
from governance.policy.errors import Finding
from governance.policy.names import confused, spelled
from governance.policy.rules import Theory

T = TypeVar("T")

MOST_NAMED = 20
"""Findings of one kind; the last says how many more there are."""


def findings(theory: Theory) -> tuple[Finding, ...]:
    """Everything that is wrong with the theory as a rulebook; empty if it can be activated."""
    book = book_of(theory)
    entries = sorted(book.entries(), key=lambda entry: entry.id)
    parts = (
        _broken(entries),
        _duplicates(entries),
        _look_alikes(entries),
        _preferences(theory, entries),
        _circular(theory),
        circles(entries),
        conflicts(entries, book=book),
    )
    return tuple(finding for part in parts for finding in part)


def _broken(entries: Sequence[Entry]) -> Iterator[Finding]:
    broken = [entry for entry in entries if entry.broken]
    yield from _bounded(
        broken,
        lambda entry: Finding("broken_rule", f"{called(entry)}: {entry.broken}.", (entry.id,)),
        "rules are broken",
    )


def _duplicates(entries: Sequence[Entry]) -> Iterator[Finding]:
    counted = Counter(entry.id for entry in entries)
    twice = [name for name, count in counted.items() if count > 1]
    yield from _bounded(
        twice,
        lambda name: Finding(
            "duplicate_id", f"{counted[name]} rules are called {name}: give each rule its own id.", (name,)
        ),
        "ids are used more than once",
    )


def _look_alikes(entries: Sequence[Entry]) -> Iterator[Finding]:
    found = confused((entry.id, None) for entry in entries)
    if found is not None:
        one, other = found[0][0], found[1][0]
        yield Finding(
            "look_alike", f"{spelled(one)} and {spelled(other)} look alike: rename one of the two rules.", (one, other)
        )


def _preferences(theory: Theory, entries: Sequence[Entry]) -> Iterator[Finding]:
    known = {entry.id: entry for entry in entries}
    unknown = [pair for pair in theory.preferences if not (pair[0] in known and pair[1] in known)]
    yield from _bounded(
        sorted(set(unknown)),
        lambda pair: Finding(
            "unknown_preference",
            f"{pair[0]} > {pair[1]} speaks of a rule that does not exist: {pair[0] if pair[0] not in known else pair[1]}.",
            pair,
        ),
        "preferences speak of rules that do not exist",
    )
    lifting = [
        (known[strong], known[weak])
        for strong, weak in sorted(set(theory.preferences) - set(unknown))
        if known[strong].weight < known[weak].weight
    ]
    yield from _bounded(lifting, _lifts, "preferences lift a lower weight over a higher")


def _lifts(pair: tuple[Entry, Entry]) -> Finding:
    strong, weak = pair
    return Finding(
        "lifting_preference",
        f"{strong.id} > {weak.id} would lift weight {strong.weight} over {weak.weight} ({called(strong)}, {called(weak)}): a"
        " preference orders rules of one class only.",
        (strong.id, weak.id),
    )


def _circular(theory: Theory) -> Iterator[Finding]:
    graph: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for strong, weak in sorted(set(theory.preferences)):
        graph.setdefault((strong,), []).append((weak,))
        graph.setdefault((weak,), [])
    rounds = [found for found in strongly_connected(graph) if len(found) > 1 or found[0] in graph[found[0]]]
    named = sorted(tuple(sorted(str(node[0]) for node in found)) for found in rounds)
    yield from _bounded(
        named,
        lambda names: Finding(
            "circular_preferences",
            f"Preferences go round in a circle: {', '.join(names[:12])}{' and more' if len(names) > 12 else ''}.",
            names[:MOST_NAMED],
        ),
        "circles of preferences",
    )


def _bounded(found: Iterable[T], say: Callable[[T], Finding], rest: str) -> Iterator[Finding]:
    items = list(found)
    yield from (say(item) for item in items[:MOST_NAMED])
    if len(items) > MOST_NAMED:
        yield Finding(say(items[0]).code, f"{len(items) - MOST_NAMED} more {rest}.")
