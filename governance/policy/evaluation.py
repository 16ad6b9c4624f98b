"""One question against a book: which literals and norms hold, which rules are in force, what is stuck.

Top down, memoised, in an order that depends on the content alone. The conditions of a rule that hang on facts alone are looked
at first; if one is false, nothing else is asked. All others are asked whatever the answers: no order of rules hides a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from governance.policy.book import Book
from governance.policy.comparisons import Test
from governance.policy.entries import Entry, Need, Pattern, ordered
from governance.policy.facts import Facts, Row
from governance.policy.globs import covers, is_glob
from governance.policy.joins import Bindings, joined
from governance.policy.superiority import beaten, lifts
from governance.policy.terms import Condition, Modality, Variable
from governance.policy.tree import Source
from governance.policy.values import FALSE, TRUE, Scalar, Unknown, Unreadable, Value

MOST_STEPS = 100_000
"""Rules looked at, literals joined, pairs compared. A question that needs more is refused, the same way every time."""

DEEPEST = 60
"""Literals that hang on each other in one line."""

_NO_BINDING: dict[str, object] = {}
_NO_ROWS: frozenset[Row] = frozenset()


class TooMuch(Exception):
    """The question needs more steps, or more depth, than a question may."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What is proved about an atom: as a fact, and certainly."""

    is_true: bool
    is_false: bool
    is_certain: bool
    is_certainly_false: bool


@dataclass(frozen=True, slots=True)
class Norms:
    """What is proved about an atom as a norm, with the rules in force behind each."""

    must: tuple[Entry, ...] = ()
    must_not: tuple[Entry, ...] = ()
    may: tuple[Entry, ...] = ()
    is_permitted: bool = False
    may_not: tuple[Entry, ...] = ()


@dataclass(slots=True)
class Trail:
    """What the question has found out besides its answer."""

    missing: dict[str, set[str]] = field(default_factory=dict)
    errors: set[str] = field(default_factory=set)
    in_force: dict[Entry, None] = field(default_factory=dict)
    beaten: dict[Entry, tuple[Entry | None, str]] = field(default_factory=dict)


class Given(Source):
    """The facts of the question on top of those of the book."""

    def __init__(self, facts: Facts, book: Book, action: str) -> None:
        self.facts = facts
        self.layers = tuple(layer.facts for layer in book.layers if layer.facts.rows)
        self.values: dict[str, Value] = _Layered(facts.values, self.layers) if self.layers else facts.values
        self.opaque = facts.opaque
        facts.add(action, ())
        facts.rows[("action", False)] = {(action,)}
        facts.values["action"] = action

    def value(self, name: str) -> Value | None:
        return self.values.get(name)

    def rows(self, name: str, is_negated: bool) -> Sequence[Collection[Row]]:
        key = name, is_negated
        own = self.facts.rows.get(key, _NO_ROWS)
        return (own, *(layer.rows[key] for layer in self.layers if key in layer.rows)) if self.layers else (own,)

    def holds(self, name: str, row: Row, is_negated: bool) -> bool:
        key = name, is_negated
        if row in self.facts.rows.get(key, _NO_ROWS):
            return True
        return any(row in layer.rows.get(key, _NO_ROWS) for layer in self.layers)


class _Layered(dict[str, Value]):
    """Values of the question and, below them, of the book; two that differ are no single value."""

    def __init__(self, own: dict[str, Value], layers: Sequence[Facts]) -> None:
        super().__init__(own)
        self._layers = layers

    def get(self, name: str, default: object = None) -> Value | None:  # type: ignore[override]
        found = [values[name] for values in (self, *(layer.values for layer in self._layers)) if name in values]
        if not found:
            return None
        if all(type(each) is type(found[0]) and each == found[0] for each in found[1:]):
            return found[0]
        return Unreadable("several values")


class Evaluation:
    """Answers about literals and norms, each worked out once."""

    def __init__(self, book: Book, facts: Facts, *, action: str, at: datetime, bearer: str) -> None:
        self.book = book
        self.given = Given(facts, book, action)
        self.values = self.given.values
        self.groups = facts.groups
        self.action = action
        self.at = at
        self.bearer = bearer
        self.derived = book.derived
        self.uncertain: Collection[str] = book.derived | facts.opaque.keys() if facts.opaque else book.derived
        self.steps = 0
        self.trail = Trail()
        self._tags: dict[tuple[str, Row], Tags] = {}
        self._norms: dict[tuple[str, Row], Norms] = {}
        self._plain: dict[Entry, int] = {}
        self._open: dict[tuple[str, str, tuple[object, ...]], int] = {}
        self._through: list[str] = []

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch

    def live(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are valid now and bind the bearer, in order."""
        return ordered([entry for entry in entries if entry.is_live(at=self.at, bearer=self.bearer)])

    # Facts

    def tags(self, name: str, row: Row) -> Tags:
        """What is proved about the atom as a fact."""
        key = name, row
        known = self._tags.get(key)
        if known is not None:
            return known
        sure, not_sure = self.given.holds(name, row, False), self.given.holds(name, row, True)
        if name not in self.derived:
            found = Tags(sure, not_sure, sure, not_sure)
        elif not self._enter("fact", name, row):
            return Tags(sure, not_sure, sure, not_sure)
        else:
            try:
                found = self._proved(name, row, sure, not_sure)
            finally:
                self._open.popitem()
        self._tags[key] = found
        return found

    def _proved(self, name: str, row: Row, sure: bool, not_sure: bool) -> Tags:
        sides: tuple[list[Entry], list[Entry]] = ([], [])
        first = row[0] if row else None
        for entry in self.live(self.book.factual(name=name, first=first, is_bare=not row, source=self.given)):
            head = entry.heads[0]
            binding = _unified(head.args, row)
            if head.name != name or binding is None:
                continue
            found = self.instances(entry, binding)
            if found:
                sides[head.is_negated].append(entry)
                if found > 1 and head.is_negated:
                    not_sure = True
                elif found > 1:
                    sure = True
        return self._settled_fact(f"{name}", sides, sure, not_sure)

    def _settled_fact(self, name: str, sides: tuple[list[Entry], list[Entry]], sure: bool, not_sure: bool) -> Tags:
        pro, con = sides
        if not pro and not con:
            return Tags(sure, not_sure, sure, not_sure)
        team_pro, team_con = _supportive(pro), _supportive(con)
        down_con = self._beaten(con, team_pro) if pro and con else {}
        down_pro = self._beaten(pro, team_con) if pro and con else {}
        yes = sure or bool(team_pro and not not_sure and len(down_con) == len(con))
        no = not_sure or bool(team_con and not sure and len(down_pro) == len(pro))
        if not (sure or not_sure):
            self._conflict(name, _left(team_pro, down_pro), _left(team_con, down_con), both=yes and no)
        self._record(team_pro, yes, down_pro, con, "a fact says otherwise" if not_sure else "")
        self._record(team_con, no, down_con, pro, "a fact says otherwise" if sure else "")
        return Tags(yes, no, sure, not_sure)

    # Norms

    def norms(self, name: str, row: Row) -> Norms:
        """What is obligatory, forbidden and permitted about the atom."""
        key = name, row
        known = self._norms.get(key)
        if known is not None:
            return known
        if not self._enter("norm", name, row):
            return Norms()
        try:
            found = self._in_force(name, row)
        finally:
            self._open.popitem()
        self._norms[key] = found
        return found

    def candidates(self, name: str, row: Row) -> list[Entry]:
        """The norms about the atom that are valid and bind the bearer."""
        if name == self.action and not row:
            found = self.book.about(action=name, source=self.given)
        else:
            found = self.book.norms(name=name, first=row[0] if row else None, is_bare=not row, source=self.given)
        return self.live(found)

    def _in_force(self, name: str, row: Row) -> Norms:
        must: list[Entry] = []
        must_not: list[Entry] = []
        may: list[Entry] = []
        may_not: list[Entry] = []
        for entry in self.candidates(name, row):
            for place, head in enumerate(entry.heads):
                binding = self.covered(head, name, row)
                if binding is None or not self._reaches(entry, place, binding):
                    continue
                if entry.modality is Modality.OBLIGATION:
                    side = must_not if head.is_negated else must
                else:
                    side = may_not if head.is_negated else may
                if entry not in side:
                    side.append(entry)
        if not must_not and not may_not and not must:
            return self._unopposed(may)
        return self._settled_norms(name, must, must_not, may, may_not)

    def _unopposed(self, may: list[Entry]) -> Norms:
        team = _supportive(may)
        for entry in team:
            self.trail.in_force[entry] = None
        return Norms(may=tuple(team), is_permitted=bool(team))

    def covered(self, head: Pattern, name: str, row: Row) -> dict[str, object] | None:
        """The variables under which the head speaks of the atom; None if it does not."""
        if head.name != name:
            is_about = name == self.action and not row and not head.args and is_glob(head.name)
            return _NO_BINDING if is_about and covers(glob=head.name, text=name) else None
        if name == "approved" and row:
            return _approves(head, row)
        return _unified(head.args, row)

    def _reaches(self, entry: Entry, place: int, binding: dict[str, object]) -> bool:
        """Whether the rule applies to its literal at that place: the body holds, and all before it is in force and broken."""
        if not place:
            return bool(self.instances(entry, binding))
        return any(
            all(self._is_broken(head, found) for head in entry.heads[:place]) for found in self.bindings(entry, binding)
        )

    def _is_broken(self, head: Pattern, binding: dict[str, object]) -> bool:
        row = filled(head.args, binding)
        if row is None:
            return False
        norms, tags = self.norms(head.name, row), self.tags(head.name, row)
        return bool(norms.must_not) and tags.is_true if head.is_negated else bool(norms.must) and tags.is_false

    def _settled_norms(
        self, name: str, must: list[Entry], must_not: list[Entry], may: list[Entry], may_not: list[Entry]
    ) -> Norms:
        teams = [_supportive(side) for side in (must, must_not, may, may_not)]
        for_it, against = teams[0] + teams[2], teams[1] + teams[3]
        down_not = self._beaten(must_not, for_it)
        down_may_not = self._beaten(may_not, teams[0])
        down_must = self._beaten(must, against)
        down_may = self._beaten(may, teams[1])
        no_ban = len(down_not) == len(must_not)
        no_duty = len(down_must) == len(must)
        is_must = bool(teams[0]) and no_ban and len(down_may_not) == len(may_not)
        is_must_not = bool(teams[1]) and no_duty and len(down_may) == len(may)
        is_may = bool(teams[2]) and no_ban
        is_may_not = bool(teams[3]) and no_duty
        left = [_left(t, d) for t, d in zip(teams, (down_must, down_not, down_may, down_may_not), strict=True)]
        self._conflict(name, left[0], left[1] + left[3], both=is_must and (is_must_not or is_may_not))
        self._conflict(name, left[2], left[1], both=is_may and is_must_not)
        self._record(teams[0], is_must, down_must, must_not + may_not)
        self._record(teams[1], is_must_not, down_not, must + may)
        self._record(teams[2], is_may, down_may, must_not)
        self._record(teams[3], is_may_not, down_may_not, must)
        return Norms(
            must=tuple(teams[0]) if is_must else (),
            must_not=tuple(teams[1]) if is_must_not else (),
            may=tuple(teams[2]) if is_may else (),
            is_permitted=is_must or is_may,
            may_not=tuple(teams[3]) if is_may_not else (),
        )

    # Bodies

    def instances(self, entry: Entry, binding: dict[str, object]) -> int:
        """0 if the rule does not apply, 1 if it does, 2 if it does for certain (strict, from certain literals)."""
        if not entry.is_ground:
            return 1 if self.bindings(entry, binding) else 0
        known = self._plain.get(entry)
        if known is None:
            known = self._plain[entry] = self._applies(entry)
        return known

    def bindings(self, entry: Entry, binding: dict[str, object]) -> list[dict[str, object]]:
        """Every assignment of the variables under which the rule applies."""
        if entry.is_ground:
            return [binding] if self.instances(entry, binding) else []
        unknown: list[tuple[Unknown, Condition]] = []
        asked = self._facts_allow(entry, unknown)
        if asked is None:
            return []
        self._through.append(entry.id)
        try:
            is_so = self._ask_all(asked, unknown)[0]
            found = joined(self, entry, binding)
        finally:
            self._through.pop()
        if not is_so:
            return []
        return [each.values for each in found if not self._is_stuck(entry, unknown + each.unknown)]

    def _applies(self, entry: Entry) -> int:
        unknown: list[tuple[Unknown, Condition]] = []
        asked = self._facts_allow(entry, unknown)
        if asked is None:
            return 0
        is_so, is_certain = True, entry.is_strict
        if asked:
            self._through.append(entry.id)
            try:
                is_so, all_certain = self._ask_all(asked, unknown)
            finally:
                self._through.pop()
            is_certain = is_certain and all_certain
        if not is_so or (unknown and self._is_stuck(entry, unknown)):
            return 0
        return 2 if is_certain and not any(need.is_absent for need in entry.needs) else 1

    def _facts_allow(self, entry: Entry, unknown: list[tuple[Unknown, Condition]]) -> list[Need] | None:
        """Look at what hangs on facts alone: None if one is false, else the literals that are left to ask."""
        values, groups = self.values, self.groups
        if entry.broken:
            self.step()
            self._is_stuck(entry, [(Unknown(error=entry.broken), None)])  # type: ignore[list-item]
            return None
        for test, condition in entry.tests:
            answer = test(values, _NO_BINDING, groups)
            if answer is True:
                continue
            if answer is False:
                return None
            unknown.append((answer, condition))
        asked: list[Need] = []
        for need in entry.needs:
            pattern = need.pattern
            if need.modality is not Modality.FACT or pattern.name in self.uncertain:
                asked.append(need)
            elif self.given.holds(pattern.name, pattern.args, pattern.is_negated) is need.is_absent:  # type: ignore[arg-type]
                return None
        self.step()
        return asked

    def _ask_all(self, asked: list[Need], unknown: list[tuple[Unknown, Condition]]) -> tuple[bool, bool]:
        """Whether all hold, and whether all hold for certain. All are asked."""
        all_hold = all_certain = True
        for need in asked:
            row: Row = need.pattern.args  # type: ignore[assignment]
            answer, is_certain = self.ask(need, row)
            all_certain = all_certain and is_certain
            if answer is True:
                continue
            if answer is False:
                all_hold = False
            else:
                unknown.append((answer, need.condition))
        return all_hold, all_certain

    def ask(self, need: Need, row: Row) -> tuple[bool | Unknown, bool]:
        """Whether the condition on a literal holds, and whether for certain."""
        self.step()
        name, is_negated = need.pattern.name, need.pattern.is_negated
        if need.modality is Modality.FACT:
            if name in self.given.opaque:
                return Unknown(error=f"{name} is {self.given.opaque[name]}"), False
            tags = self.tags(name, row)
            holds = tags.is_false if is_negated else tags.is_true
            is_certain = tags.is_certainly_false if is_negated else tags.is_certain
            return holds is not need.is_absent, is_certain and not need.is_absent
        norms = self.norms(name, row)
        if need.modality is Modality.OBLIGATION:
            holds = bool(norms.must_not if is_negated else norms.must)
        elif is_negated:
            holds = bool(norms.may_not or norms.must_not)
        else:
            holds = norms.is_permitted
        return holds is not need.is_absent, False

    def rows_of(self, name: str, is_negated: bool, args: tuple[Scalar | Variable, ...]) -> list[Row]:
        """Every row that the literal may have: certain ones, and what rules conclude."""
        found: dict[Row, None] = {}
        for rows in self.given.rows(name, is_negated):
            found.update(dict.fromkeys(rows))
        if name not in self.derived:
            return list(found)
        if not self._enter("rows", name, (is_negated,)):
            return []
        try:
            self._conclude_rows(name, is_negated, args, found)
        finally:
            self._open.popitem()
        return sorted(found, key=repr)

    def _conclude_rows(
        self, name: str, is_negated: bool, args: tuple[Scalar | Variable, ...], found: dict[Row, None]
    ) -> None:
        first = None if isinstance(args[0], Variable) else args[0]
        for entry in self.live(self.book.factual(name=name, first=first, is_bare=False, source=self.given)):
            head = entry.heads[0]
            if head.is_negated is not is_negated or len(head.args) != len(args):
                continue
            start = _narrowed(head.args, args)
            for binding in self.bindings(entry, start) if start is not None else ():
                row = filled(head.args, binding)
                if row is None:
                    self.trail.errors.add(f"{called(entry)}: nothing gives the variables of its conclusion a value.")
                else:
                    found[row] = None

    # What is found out on the way

    def _enter(self, kind: str, name: str, row: tuple[object, ...]) -> bool:
        key = kind, name, row
        if key in self._open:
            self._circle(self._through[self._open[key] :])
            return False
        if len(self._open) >= DEEPEST:
            raise TooMuch
        self._open[key] = len(self._through)
        return True

    def _circle(self, rules: list[str]) -> None:
        start = rules.index(min(rules)) if rules else 0
        names = " → ".join([*rules[start:], *rules[:start], *rules[start : start + 1]])
        self.trail.errors.add(f"Rules hang on each other in a circle: {names}.")

    def _is_stuck(self, entry: Entry, unknown: list[tuple[Unknown, Condition]]) -> bool:
        for each, _ in unknown:
            if each.missing:
                self.trail.missing.setdefault(each.missing, set()).add(called(entry))
            else:
                self.trail.errors.add(f"{called(entry)}: {each.error}.")
        return bool(unknown)

    def _beaten(self, rules: list[Entry], by: list[Entry]) -> dict[Entry, tuple[Entry, str]]:
        for entry in rules if by else ():
            heavier = lifts(entry=entry, over=by, book=self.book)
            if heavier is not None:
                self.trail.errors.add(
                    f"The preference {entry.id} > {heavier.id} would lift weight {entry.weight} over {heavier.weight}:"
                    f" {called(entry)} and {called(heavier)}."
                )
        return beaten(rules=rules, by=by, book=self.book, step=self.step)

    def _conflict(self, name: str, left: list[Entry], right: list[Entry], *, both: bool) -> None:
        if not (left and right) and not both:
            return
        pairs = len(left) * len(right)
        if not pairs:
            self.trail.errors.add(f"The rules about {name} defeat each other in a circle.")
            return
        more = f" (and {pairs - 1} more pairs)" if pairs > 1 else ""
        one, other = sorted((_first(left), _first(right)), key=lambda entry: entry.sort_key)
        self.trail.errors.add(
            f"{called(one)} and {called(other)} contradict each other about {name}, and nothing tells them apart{more}."
        )

    def _record(
        self,
        team: list[Entry],
        is_in_force: bool,
        down: dict[Entry, tuple[Entry, str]],
        others: list[Entry],
        why: str = "",
    ) -> None:
        for entry in team:
            if is_in_force:
                self.trail.in_force[entry] = None
            elif entry in down:
                self.trail.beaten.setdefault(entry, down[entry])
            elif why:
                self.trail.beaten.setdefault(entry, (None, why))
            elif others and not _supportive(others):
                self.trail.beaten.setdefault(entry, (_first(others), f"blocked by {_first(others).id}"))


def called(entry: Entry) -> str:
    """`r1 (gov.md 7.3)`: the rule by its id and its source."""
    return f"{entry.id} ({entry.rule.source})" if entry.rule.source else entry.id


def filled(args: tuple[Scalar | Variable, ...], binding: dict[str, object]) -> Row | None:
    """The arguments with their variables replaced; None if one has no value."""
    row = tuple(binding.get(arg.name) if isinstance(arg, Variable) else arg for arg in args)
    return None if None in row else row  # type: ignore[return-value]


def _supportive(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.is_supportive]


def _left(team: list[Entry], down: dict[Entry, tuple[Entry, str]]) -> list[Entry]:
    return [entry for entry in team if entry not in down]


def _first(entries: list[Entry]) -> Entry:
    return min(entries, key=lambda entry: (-entry.weight, entry.id))


def _unified(args: tuple[Scalar | Variable, ...], row: Row) -> dict[str, object] | None:
    if len(args) != len(row):
        return None
    binding: dict[str, object] = {}
    for arg, value in zip(args, row, strict=True):
        if isinstance(arg, Variable):
            if not _same(binding.setdefault(arg.name, value), value):
                return None
        elif not _same(arg, value):
            return None
    return binding


def _same(one: object, other: object) -> bool:
    return one == other


def _narrowed(args: tuple[Scalar | Variable, ...], wanted: tuple[Scalar | Variable, ...]) -> dict[str, object] | None:
    binding: dict[str, object] = {}
    for arg, value in zip(args, wanted, strict=True):
        if isinstance(value, Variable):
            continue
        if isinstance(arg, Variable):
            if binding.setdefault(arg.name, value) != value:
                return None
        elif arg != value:
            return None
    return binding


def _approves(head: Pattern, row: Row) -> dict[str, object] | None:
    """`approved(payroll.*)` covers its actions; an exception for the action as a whole covers every role."""
    args = head.args
    if head.is_negated and len(args) == 1 and len(row) == 2:
        row = row[:1]
    if len(args) != len(row):
        return None
    first = args[0]
    if isinstance(first, str) and is_glob(first) and isinstance(row[0], str):
        return _unified(args[1:], row[1:]) if covers(glob=first, text=row[0]) else None
    return _unified(args, row)


__all__ = ["FALSE", "TRUE", "Bindings", "Evaluation", "Norms", "Tags", "Test", "TooMuch", "called", "filled"]
