"""One question against a book: which literals and norms hold, which rules are in force, what is stuck.

Top down, memoised, in an order that depends on the content alone. The conditions of a rule that hang on facts alone are looked
at first; if one is false, nothing else is asked. All others are asked whatever the answers: no order of rules hides a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from governance.policy.book import Book
from governance.policy.concluded import Either
from governance.policy.court import Court, Norms, Tags, TooMuch, called
from governance.policy.entries import Entry, Need, Pattern, ordered
from governance.policy.facts import Facts, Row
from governance.policy.given import Given
from governance.policy.globs import covers, is_glob
from governance.policy.joins import joined
from governance.policy.terms import Modality, Variable
from governance.policy.unify import approves, filled, narrowed, unified
from governance.policy.values import Scalar, Unknown

DEEPEST = 60
"""Literals that hang on each other in one line."""

_NO_BINDING: dict[str, object] = {}


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
        self.derived = book.concluded(at=at, bearer=bearer)
        self.uncertain = Either(self.derived, facts.opaque) if facts.opaque else self.derived
        self.court = Court(book)
        self.step = self.court.step
        self._tags: dict[tuple[str, Row], Tags] = {}
        self._norms: dict[tuple[str, Row], Norms] = {}
        self._candidates: dict[tuple[str, Row], list[Entry]] = {}
        self._by_role: dict[Scalar, dict[Scalar | None, list[Entry]]] = {}
        self._plain: dict[Entry, int] = {}
        self._open: dict[tuple[str, str, tuple[object, ...]], int] = {}
        self._through: list[Entry] = []

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
            binding = unified(head.args, row)
            if head.name != name or binding is None:
                continue
            found = self.instances(entry, binding)
            if found:
                sides[head.is_negated].append(entry)
                if found > 1 and head.is_negated:
                    not_sure = True
                elif found > 1:
                    sure = True
        return self.court.fact(name, sides[0], sides[1], sure=sure, not_sure=not_sure)

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
        known = self._candidates.get((name, row))
        if known is not None:
            return known
        if name == "approved" and len(row) == 2:
            found = self._candidates[name, row] = self._about_role(*row)
            return found
        if name == self.action and not row:
            live = self.live(self.book.about(action=name, source=self.given))
        else:
            first = row[0] if row else None
            live = self.live(self.book.norms(name=name, first=first, is_bare=not row, source=self.given))
        self._candidates[name, row] = live
        return live

    def _about_role(self, about: Scalar, role: Scalar) -> list[Entry]:
        """Those about the approval of one role: many roles must not cost the square of their number."""
        by_role = self._by_role.get(about)
        if by_role is None:
            by_role = self._by_role[about] = {}
            for entry in self.candidates("approved", (about,)):
                for one in {_role(head) for head in entry.heads if head.name == "approved"}:
                    by_role.setdefault(one, []).append(entry)
        own, every = by_role.get(role, []), by_role.get(None, [])
        return ordered(list(dict.fromkeys([*own, *every]))) if own and every else own or every

    def _in_force(self, name: str, row: Row) -> Norms:
        must: dict[Entry, None] = {}
        must_not: dict[Entry, None] = {}
        may: dict[Entry, None] = {}
        may_not: dict[Entry, None] = {}
        for entry in self.candidates(name, row):
            for place, head in enumerate(entry.heads):
                if not self.speaks(entry, place, name, row):
                    continue
                if entry.modality is Modality.OBLIGATION:
                    side = must_not if head.is_negated else must
                else:
                    side = may_not if head.is_negated else may
                side[entry] = None
        return self.court.norm(name, list(must), list(must_not), list(may), list(may_not))

    def covered(self, head: Pattern, name: str, row: Row) -> dict[str, object] | None:
        """The variables under which the head speaks of the atom; None if it does not."""
        if head.name != name:
            is_about = name == self.action and not row and not head.args and is_glob(head.name)
            return _NO_BINDING if is_about and covers(glob=head.name, text=name) else None
        if name == "approved" and row:
            return approves(head, row)
        return unified(head.args, row)

    def speaks(self, entry: Entry, place: int, name: str, row: Row) -> bool:
        """Whether the rule applies at that place of its chain, and there to that atom."""
        binding = self.covered(entry.heads[place], name, row)
        return binding is not None and self._reaches(entry, place, binding)

    def _reaches(self, entry: Entry, place: int, binding: dict[str, object]) -> bool:
        """Whether the rule applies to its literal at that place: the body holds, and all before it is in force and broken."""
        if not place:
            return bool(self.instances(entry, binding))
        found = self.bindings(entry, binding)
        earlier = entry.heads[:place]
        self._through.append(entry)
        try:
            asked = [[self._is_broken(head, each) for head in earlier] for each in found]
        finally:
            self._through.pop()
        return any(all(broken) for broken in asked)

    def _is_broken(self, head: Pattern, binding: dict[str, object]) -> bool:
        row = filled(head.args, binding)
        if row is None:
            return False
        norms, tags = self.norms(head.name, row), self.tags(head.name, row)
        return bool(norms.must_not) and tags.is_true if head.is_negated else bool(norms.must) and tags.is_false

    # Bodies

    def instances(self, entry: Entry, binding: dict[str, object]) -> int:
        """0 if the rule does not apply, 1 if it does, 2 if it does for certain (strict, from certain literals)."""
        if not entry.is_ground:
            found = self.bindings(entry, binding)
            if entry.is_strict and any(self._is_certain(entry, each) for each in found):
                return 2
            return 1 if found else 0
        known = self._plain.get(entry)
        if known is None:
            known = self._plain[entry] = self._applies(entry)
        return known

    def bindings(self, entry: Entry, binding: dict[str, object]) -> list[dict[str, object]]:
        """Every assignment of the variables under which the rule applies."""
        if entry.is_ground:
            return [binding] if self.instances(entry, binding) else []
        unknown: list[Unknown] = []
        asked = self._facts_allow(entry, unknown)
        if asked is None:
            return []
        self._through.append(entry)
        try:
            found = joined(self, entry, binding, ask_ground=lambda: self._ask_all(asked, unknown)[0])
        finally:
            self._through.pop()
        return [each.values for each in found if not self.court.is_stuck(entry, unknown + each.unknown)]

    def _is_certain(self, entry: Entry, binding: dict[str, object]) -> bool:
        """Whether all that its body asks for is certain under these values."""
        for need in (*entry.needs, *entry.open_needs):
            row = filled(need.pattern.args, binding)
            if row is None or need.modality is not Modality.FACT or not self.ask(need, row)[1]:
                return False
        return True

    def _applies(self, entry: Entry) -> int:
        unknown: list[Unknown] = []
        asked = self._facts_allow(entry, unknown)
        if asked is None:
            return 0
        is_so, is_certain = True, entry.is_strict
        if asked:
            self._through.append(entry)
            try:
                is_so, all_certain = self._ask_all(asked, unknown)
            finally:
                self._through.pop()
            is_certain = is_certain and all_certain
        if not is_so or (unknown and self.court.is_stuck(entry, unknown)):
            return 0
        return 2 if is_certain and not any(need.is_absent for need in entry.needs) else 1

    def _facts_allow(self, entry: Entry, unknown: list[Unknown]) -> list[Need] | None:
        """Look at what hangs on facts alone: None if one is false, else the literals that are left to ask."""
        values, groups = self.values, self.groups
        if entry.broken:
            self.step()
            self.court.is_stuck(entry, [Unknown(error=entry.broken)])
            return None
        for test, _ in entry.tests:
            answer = test(values, _NO_BINDING, groups)
            if answer is True:
                continue
            if answer is False:
                return None
            unknown.append(answer)
        asked: list[Need] = []
        for need in entry.needs:
            pattern = need.pattern
            row: Row = pattern.args  # type: ignore[assignment]
            if need.modality is not Modality.FACT or pattern.name in self.uncertain:
                asked.append(need)
            elif self.given.holds(pattern.name, row, pattern.is_negated) is need.is_absent:
                return None
        self.step()
        return asked

    def _ask_all(self, asked: list[Need], unknown: list[Unknown]) -> tuple[bool, bool]:
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
                unknown.append(answer)
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
            start = narrowed(head.args, args)
            for binding in self.bindings(entry, start) if start is not None else ():
                row = filled(head.args, binding)
                if row is None:
                    self.court.errors.add(f"{called(entry)}: nothing gives the variables of its conclusion a value.")
                else:
                    found[row] = None

    # What is found out on the way

    def _enter(self, kind: str, name: str, row: tuple[object, ...]) -> bool:
        key = kind, name, row
        if key in self._open:
            self.court.circle(self._through[self._open[key] :])
            return False
        if len(self._open) >= DEEPEST:
            raise TooMuch
        self._open[key] = len(self._through)
        return True


def _role(head: Pattern) -> Scalar | None:
    """Whose approval the head speaks of; None for that of every role."""
    role = head.args[1] if len(head.args) == 2 else None
    return None if isinstance(role, Variable) else role
