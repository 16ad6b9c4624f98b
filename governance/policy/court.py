"""Who wins: applicable rules for and against a literal, settled by teams, and what the question has found out on the way."""

from __future__ import annotations

from dataclasses import dataclass

from governance.policy.book import Book
from governance.policy.entries import Entry
from governance.policy.superiority import beaten, lifts
from governance.policy.values import Unknown

MOST_STEPS = 100_000
"""Rules looked at, literals joined, pairs compared. A question that needs more is refused, the same way every time."""


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


class Court:
    """Settles one question, and keeps what it found out on the way.

    `missing`: names of facts, with the rules that need them; `errors`: sentences; `troubled`: the rules of both. `in_force`:
    rules that conclude something; `beaten`: rules that would, with the one that beats them (None: a fact) and why.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.steps = 0
        self.missing: dict[str, set[str]] = {}
        self.errors: set[str] = set()
        self.in_force: dict[Entry, None] = {}
        self.beaten: dict[Entry, tuple[Entry | None, str]] = {}
        self.troubled: dict[Entry, None] = {}

    def step(self) -> None:
        """Count one step; past the bound the question is given up."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch

    def fact(self, name: str, pro: list[Entry], con: list[Entry], *, sure: bool, not_sure: bool) -> Tags:
        """What is proved of a literal by the rules for it and against it."""
        if not pro and not con:
            return Tags(sure, not_sure, sure, not_sure)
        team_pro, team_con = _supportive(pro), _supportive(con)
        down_con = self._beaten(con, team_pro) if pro and con else {}
        down_pro = self._beaten(pro, team_con) if pro and con else {}
        yes = sure or bool(team_pro and not not_sure and len(down_con) == len(con))
        no = not_sure or bool(team_con and not sure and len(down_pro) == len(pro))
        if sure and not_sure:
            self._certain_both_ways(name, team_pro + team_con)
        elif not (sure or not_sure):
            self._conflict(name, _left(team_pro, down_pro), _left(team_con, down_con), both=yes and no)
        self._record(team_pro, yes, down_pro, con, "a fact says otherwise" if not_sure else "")
        self._record(team_con, no, down_con, pro, "a fact says otherwise" if sure else "")
        return Tags(yes, no, sure, not_sure)

    def norm(
        self, name: str, must: list[Entry], must_not: list[Entry], may: list[Entry], may_not: list[Entry]
    ) -> Norms:
        """What is proved of a literal as a norm."""
        if not must_not and not may_not and not must:
            return self._unopposed(may)
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

    def _unopposed(self, may: list[Entry]) -> Norms:
        team = _supportive(may)
        for entry in team:
            self.in_force[entry] = None
        return Norms(may=tuple(team), is_permitted=bool(team))

    def circle(self, through: list[Entry]) -> None:
        """These rules hang on each other."""
        self.troubled.update(dict.fromkeys(through))
        rules = [entry.id for entry in through]
        start = rules.index(min(rules)) if rules else 0
        names = " → ".join([*rules[start:], *rules[:start], *rules[start : start + 1]])
        self.errors.add(f"Rules hang on each other in a circle: {names}.")

    def is_stuck(self, entry: Entry, unknown: list[Unknown]) -> bool:
        """Note what the rule cannot know; whether there is anything."""
        if unknown:
            self.troubled[entry] = None
        for each in unknown:
            for name in each.missing:
                self.missing.setdefault(name, set()).add(called(entry))
            if each.error:
                self.errors.add(f"{called(entry)}: {each.error}.")
        return bool(unknown)

    def _beaten(self, rules: list[Entry], by: list[Entry]) -> dict[Entry, tuple[Entry, str]]:
        by_id = {entry.id: entry for entry in by}
        for entry in rules if by and self.book.has_preferences else ():
            heavier = lifts(entry=entry, over=by_id, book=self.book)
            if heavier is not None:
                self.troubled.update({entry: None, heavier: None})
                self.errors.add(
                    f"The preference {entry.id} > {heavier.id} would lift weight {entry.weight} over {heavier.weight}:"
                    f" {called(entry)} and {called(heavier)}."
                )
        return beaten(rules=rules, by=by, book=self.book, step=self.step)

    def _conflict(self, name: str, left: list[Entry], right: list[Entry], *, both: bool) -> None:
        if not (left and right) and not both:
            return
        self.troubled.update(dict.fromkeys(left + right))
        pairs = len(left) * len(right)
        if not pairs:
            self.errors.add(f"The rules about {name} defeat each other in a circle.")
            return
        more = f" (and {pairs - 1} more pairs)" if pairs > 1 else ""
        one, other = sorted((_first(left), _first(right)), key=lambda entry: entry.sort_key)
        self.errors.add(
            f"{called(one)} and {called(other)} contradict each other about {name}, and nothing tells them apart{more}."
        )

    def _certain_both_ways(self, name: str, rules: list[Entry]) -> None:
        """Strict rules, or a fact and a strict rule, whose certainties contradict each other."""
        self.troubled.update(dict.fromkeys(rules))
        names = ", ".join(called(entry) for entry in rules)
        self.errors.add(f"What is certain about {name} contradicts itself: {names}.")

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
                self.in_force[entry] = None
            elif entry in down:
                self.beaten.setdefault(entry, down[entry])
            elif why:
                self.beaten.setdefault(entry, (None, why))
            elif others and not _supportive(others):
                self.beaten.setdefault(entry, (_first(others), f"blocked by {_first(others).id}"))


def called(entry: Entry) -> str:
    """`r1 (gov.md 7.3)`: the rule by its id and its source."""
    return f"{entry.id} ({entry.rule.source})" if entry.rule.source else entry.id


def _supportive(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.is_supportive]


def _left(team: list[Entry], down: dict[Entry, tuple[Entry, str]]) -> list[Entry]:
    return [entry for entry in team if entry not in down]


def _first(entries: list[Entry]) -> Entry:
    return min(entries, key=lambda entry: (-entry.weight, entry.id))
