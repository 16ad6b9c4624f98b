"""Pairs of rules that contradict each other and that nothing tells apart, found without looking at every pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from governance.policy.book import Book
from governance.policy.court import called
from governance.policy.entries import Entry, Pattern, Slot
from governance.policy.errors import Finding
from governance.policy.exclusive import are_exclusive, meet
from governance.policy.globs import Texts, is_glob
from governance.policy.rules import Strength
from governance.policy.superiority import reason
from governance.policy.terms import Modality, Variable

MOST_IN_CONFLICT = 20
MOST_NAMED = 20
MOST_PAIRS = 60_000
FEW_PAIRS = 64

Claim = tuple[Entry, Pattern]


class _Enough(Exception):
    pass


@dataclass(slots=True)
class _Search:
    """Looks at pairs until there are more than can be named or looked at."""

    book: Book
    left: int = MOST_PAIRS
    found: dict[tuple[str, str], tuple[Entry, Entry, str]] = field(default_factory=dict)

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Enough


def conflicts(entries: Sequence[Entry], *, book: Book) -> Iterator[Finding]:
    """Findings `conflict` (two rules, both sources) and `too_many_conflicts` (more than 20 rules on one literal)."""
    search = _Search(book)
    for name, weight, pro, con in _opposed(entries):
        before = len(search.found)
        try:
            concerned = _concerned(search, pro, con, name)
        except _Enough:
            yield _too_many(name, weight, pro, con, "not all pairs were looked at")
            break
        if len(concerned) > MOST_IN_CONFLICT:
            yield _too_many(name, weight, pro, con, "")
            for key in list(search.found)[before:]:
                del search.found[key]
    pairs = list(search.found.values())
    for one, other, name in pairs[:MOST_NAMED]:
        yield Finding(
            "conflict",
            f"{called(one)} and {called(other)} contradict each other about {name} and nothing tells them apart:"
            " give one a higher class, prefer one, or make their conditions exclude each other.",
            (one.id, other.id),
        )
    if len(pairs) > MOST_NAMED:
        yield Finding("conflict", f"{len(pairs) - MOST_NAMED} more pairs of rules contradict each other.")


def _too_many(name: str, weight: int, pro: list[Claim], con: list[Claim], note: str) -> Finding:
    rules = sorted({entry.id for entry, _ in pro + con})
    more = f" ({note})" if note else ""
    return Finding(
        "too_many_conflicts",
        f"About {name}, {len(pro)} rules of weight {weight} stand against {len(con)}; at most {MOST_IN_CONFLICT} rules may be in"
        f" conflict on one literal{more}. Among them are {', '.join(rules[:3])} and {max(0, len(rules) - 3)} more.",
        tuple(rules[:MOST_NAMED]),
    )


def _opposed(entries: Sequence[Entry]) -> Iterator[tuple[str, int, list[Claim], list[Claim]]]:
    """Claims for and against one name and of one weight; globs stand with every name that they cover."""
    groups: dict[tuple[str, int, bool], tuple[list[Claim], list[Claim]]] = {}
    globs: dict[tuple[int, bool], list[Claim]] = {}
    for entry in entries:
        if entry.rule.strength is Strength.DEFEATER:
            continue
        for head in entry.heads:
            is_norm = entry.modality is not Modality.FACT
            if is_norm and is_glob(head.name) and not head.args:
                globs.setdefault((entry.weight, is_norm), []).append((entry, head))
            else:
                sides = groups.setdefault((head.name, entry.weight, is_norm), ([], []))
                sides[head.is_negated].append((entry, head))
    for (weight, is_norm), claims in sorted(globs.items()):
        sides = groups.setdefault(("*", weight, is_norm), ([], []))
        for claim in claims:
            sides[claim[1].is_negated].append(claim)
        names = Texts(name for name, *kind in groups if name != "*" and kind == [weight, is_norm])
        for claim in claims:
            for name in names.covered(glob=claim[1].name):
                groups[name, weight, is_norm][claim[1].is_negated].append(claim)
    for (name, weight, _), (pro, con) in sorted(groups.items(), key=lambda item: item[0]):
        if pro and con:
            yield ("every action" if name == "*" else name), weight, _by_id(pro), _by_id(con)


def _by_id(claims: list[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: claim[0].id)


def _concerned(search: _Search, pro: list[Claim], con: list[Claim], name: str) -> set[str]:
    """The rules in unresolved conflict; stops once there are too many."""
    concerned: set[str] = set()
    for (one, head), (other, against) in _pairs(pro, con, frozenset(), search.step):
        if one is other or not contradict(one, head, other, against):
            continue
        if _told_apart(one, other, search.book) or are_exclusive(one, other):
            continue
        first, second = sorted((one, other), key=lambda entry: entry.id)
        if (first.id, second.id) not in search.found:
            search.found[first.id, second.id] = first, second, name
        concerned |= {one.id, other.id}
        if len(concerned) > MOST_IN_CONFLICT:
            break
    return concerned


def _told_apart(one: Entry, other: Entry, book: Book) -> bool:
    both_strict = one.is_strict and other.is_strict and one.modality is Modality.FACT
    return not both_strict and bool(
        reason(winner=one, loser=other, book=book) or reason(winner=other, loser=one, book=book)
    )


def contradict(one: Entry, head: Pattern, other: Entry, against: Pattern) -> bool:
    """Whether the two heads, of opposite signs, speak of one literal and cannot both hold."""
    if one.modality is Modality.PERMISSION and other.modality is Modality.PERMISSION:
        return False
    if not head.args and not against.args:
        return head.name == against.name or meet(one=head.name, other=against.name)
    if head.name == "approved" and one.modality is not Modality.FACT:
        return _same_approval(head.args, against.args)
    return len(head.args) == len(against.args) and _same_args(head.args, against.args)


def _same_args(mine: Sequence[object], theirs: Sequence[object]) -> bool:
    pairs = zip(mine, theirs, strict=False)
    return all(isinstance(a, Variable) or isinstance(b, Variable) or (type(a) is type(b) and a == b) for a, b in pairs)


def _same_approval(asked: Sequence[object], lifted: Sequence[object]) -> bool:
    if not asked or not lifted or len(lifted) > len(asked):
        return False
    first, second = asked[0], lifted[0]
    if isinstance(first, str) and isinstance(second, str):
        return meet(one=first, other=second) and _same_args(asked[1:], lifted[1:])
    return _same_args(asked, lifted)


def _pairs(
    pro: list[Claim], con: list[Claim], used: frozenset[Slot], step: Callable[[], None]
) -> Iterator[tuple[Claim, Claim]]:
    """Pairs whose equalities do not exclude each other at a glance: different constants for one fact never pair."""
    if len(pro) * len(con) <= FEW_PAIRS:
        yield from _all(pro, con, step)
        return
    slot = _best_slot([*pro, *con], used)
    if slot is None:
        yield from _all(pro, con, step)
        return
    mine, rest = _split(pro, slot)
    theirs, others = _split(con, slot)
    used = used | {slot}
    for key, group in mine.items():
        yield from _pairs(group, theirs.get(key, []), used, step)
        yield from _pairs(group, others, used, step)
    for group in theirs.values():
        yield from _pairs(rest, group, used, step)
    yield from _pairs(rest, others, used, step)


def _all(pro: Iterable[Claim], con: list[Claim], step: Callable[[], None]) -> Iterator[tuple[Claim, Claim]]:
    for one in pro:
        for other in con:
            step()
            yield one, other


def _best_slot(claims: list[Claim], used: frozenset[Slot]) -> Slot | None:
    seen: dict[Slot, set[object]] = {}
    for entry, _ in claims:
        for slot, key in entry.slots:
            if slot[0] == "=" and slot not in used:
                seen.setdefault(slot, set()).add(key)
    useful = [(len(keys), str(slot[1]), slot) for slot, keys in seen.items() if len(keys) > 1]
    return max(useful)[2] if useful else None


def _split(claims: list[Claim], slot: Slot) -> tuple[dict[object, list[Claim]], list[Claim]]:
    groups: dict[object, list[Claim]] = {}
    rest: list[Claim] = []
    for claim in claims:
        key = dict(claim[0].slots).get(slot)
        if key is None:
            rest.append(claim)
        else:
            groups.setdefault(key, []).append(claim)
    return groups, rest
