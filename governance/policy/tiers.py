"""Tier monotonicity (seeds/002 4.3): what a lower tier forbids, or wants proved, a higher tier forbids and wants proved too.

A rule of tier t binds every tier from t on. So a higher tier has all rules of the lower ones, and breaks the invariant only by a
rule of its own that defeats or lifts one of them (`findings`). Rule sets written out per tier are compared by `violations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from governance.policy.book import Book, book_of
from governance.policy.conflicts import contradict
from governance.policy.court import called
from governance.policy.entries import Entry, Pattern
from governance.policy.errors import Finding
from governance.policy.exclusive import are_exclusive
from governance.policy.globs import covers, is_glob
from governance.policy.rules import Strength, Theory
from governance.policy.superiority import reason
from governance.policy.terms import Modality

MOST_NAMED = 20
MOST_PAIRS = 60_000

Claim = tuple[Entry, Pattern]


def findings(theory: Theory) -> tuple[Finding, ...]:
    """Each rule of a higher tier that would defeat or lift a prohibition or a proof requirement of a lower one, with that one."""
    if len({rule.tier for rule in theory.rules}) < 2:
        return ()
    book = book_of(theory)
    entries = sorted(book.entries(), key=lambda entry: entry.id)
    lowest = min(entry.rule.tier for entry in entries)
    kept = [(entry, head) for entry in entries for head in entry.heads if is_constraint(entry, head)]
    above = [(entry, head) for entry in entries if entry.rule.tier > lowest for head in entry.heads]
    return tuple(_bounded(_lifted(kept, above, book)))


def violations(tiers: Mapping[int, Theory]) -> tuple[Finding, ...]:
    """What breaks the invariant between rule sets: a constraint that a higher tier lacks, or fewer constraints in all."""
    order = sorted(tiers)
    books = {tier: sorted(book_of(tiers[tier]).entries(), key=lambda entry: entry.id) for tier in order}
    found: list[Finding] = []
    for place, low in enumerate(order):
        for high in order[place + 1 :]:
            found += _bounded(_lacking(books[low], books[high], low=low, high=high))
    return tuple(found)


def is_constraint(entry: Entry, head: Pattern) -> bool:
    """Whether the rule forbids, or asks for an approval."""
    is_binding = entry.modality is Modality.OBLIGATION and entry.is_supportive
    return is_binding and (head.is_negated or head.name == "approved")


def _lifted(kept: Sequence[Claim], above: Sequence[Claim], book: Book) -> Iterator[Finding]:
    by_name: dict[str, list[Claim]] = {}
    for claim in above:
        by_name.setdefault("*" if _is_globbed(claim[1]) else claim[1].name, []).append(claim)
    pairs = 0
    for entry, head in kept:
        if _is_globbed(head):
            rivals = above
        else:
            rivals = [*by_name.get(head.name, ()), *by_name.get("*", ())]
        for other, against in rivals:
            pairs += 1
            if pairs > MOST_PAIRS:
                yield Finding(
                    "tier_unchecked", "There are too many rules across tiers to compare; name actions more narrowly."
                )
                return
            if other.rule.tier > entry.rule.tier and against.is_negated is not head.is_negated:
                why = _wins(other, against, entry, head, book)
                if why:
                    yield _named(other, entry, why)


def _is_globbed(head: Pattern) -> bool:
    return is_glob(head.name) and not head.args


def _wins(other: Entry, against: Pattern, entry: Entry, head: Pattern, book: Book) -> str:
    is_norm = other.modality is not Modality.FACT
    if not is_norm or not contradict(entry, head, other, against) or are_exclusive(entry, other):
        return ""
    why = reason(winner=other, loser=entry, book=book)
    if not why and other.rule.strength is Strength.DEFEATER and not reason(winner=entry, loser=other, book=book):
        why = f"it blocks {entry.id}"
    return why


def _named(other: Entry, entry: Entry, why: str) -> Finding:
    what = "proof requirement" if entry.heads[0].name == "approved" else "prohibition"
    return Finding(
        "tier_not_monotone",
        f"{called(other)} of tier {other.rule.tier} would lift the {what} {called(entry)} of tier {entry.rule.tier} ({why}):"
        " a higher tier only adds. Give it a lower class, or narrow the lower rule.",
        (other.id, entry.id),
    )


def _lacking(below: Sequence[Entry], above: Sequence[Entry], *, low: int, high: int) -> Iterator[Finding]:
    mine = [(entry, head) for entry in below for head in entry.heads if is_constraint(entry, head)]
    theirs = [(entry, head) for entry in above for head in entry.heads if is_constraint(entry, head)]
    by_name: dict[str, list[Claim]] = {}
    for claim in theirs:
        by_name.setdefault("*" if _is_globbed(claim[1]) else claim[1].name, []).append(claim)
    for entry, head in mine:
        rivals = [*by_name.get(head.name, ()), *by_name.get("*", ())]
        if not any(_keeps(other, kept, entry, head) for other, kept in rivals):
            what = "proof requirement" if head.name == "approved" else "prohibition"
            yield Finding(
                "tier_lacks",
                f"Tier {high} lacks the {what} {called(entry)} of tier {low}: a higher tier only adds.",
                (entry.id,),
            )
    if len(theirs) < len(mine):
        yield Finding(
            "tier_has_fewer",
            f"Tier {high} has {len(theirs)} constraints and tier {low} has {len(mine)}: a higher tier only adds.",
        )


def _keeps(other: Entry, kept: Pattern, entry: Entry, head: Pattern) -> bool:
    """Whether the higher tier's rule forbids or demands at least where the lower one does, and as strongly."""
    same = kept == head or (
        _is_globbed(kept)
        and not head.args
        and kept.is_negated is head.is_negated
        and covers(glob=kept.name, text=head.name)
    )
    mine, theirs = entry.rule, other.rule
    return (
        same
        and other.body <= entry.body
        and theirs.weight >= mine.weight
        and theirs.bearer in ("", mine.bearer)
        and (theirs.valid_from is None or (mine.valid_from is not None and theirs.valid_from <= mine.valid_from))
        and (theirs.valid_until is None or (mine.valid_until is not None and theirs.valid_until >= mine.valid_until))
    )


def _bounded(found: Iterator[Finding]) -> Iterator[Finding]:
    more = 0
    for count, finding in enumerate(found):
        if count < MOST_NAMED:
            yield finding
        else:
            more += 1
    if more:
        yield Finding("tier_not_monotone", f"{more} more rules break the order of the tiers.")
