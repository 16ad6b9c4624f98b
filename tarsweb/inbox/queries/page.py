"""The inbox page: one tab, filtered, sorted and paged, with the counts of all tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from django.core.paginator import Page, Paginator

from governance.approvals import queries as approvals
from governance.approvals.queries import Item, Override
from governance.scope import Scope
from tarsweb.inbox.alike import Lane
from tarsweb.inbox.queries.lane import lanes_of
from tarsweb.inbox.queries.lines import Line, by_urgency, is_put_off, lines_of
from tarsweb.inbox.risk import Level

PER_PAGE: Final = 25
Choice = TypeVar("Choice", bound=StrEnum)


class Tab(StrEnum):
    ME = "me"
    SNOOZED = "snoozed"
    TEAM = "team"
    MINE = "mine"
    DECIDED = "decided"


class Sort(StrEnum):
    """How a tab is ordered; `USUAL` is each tab's own order."""

    USUAL = "usual"
    RISK = "risk"
    OLDEST = "oldest"
    NEWEST = "newest"
    SYSTEM = "system"


class Hand(StrEnum):
    """In whose hand a question is."""

    ANY = ""
    ME = "me"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL asks for. `open` names the line whose preview is shown."""

    tab: Tab = Tab.ME
    system: str = ""
    type: str = ""
    text: str = ""
    risk: str = ""
    hand: Hand = Hand.ANY
    sort: Sort = Sort.USUAL
    page: int = 1
    open: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.system or self.type or self.text or self.risk or self.hand)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The page's whole context. `counts` are of the unfiltered tabs; Decided has none. `lines` are all that fit the filter."""

    filter: Filter
    page: Page[Line]
    lines: tuple[Line, ...]
    counts: dict[Tab, int]
    systems: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    overrides: tuple[Override, ...]
    lanes: tuple[Lane, ...]
    oldest_at: datetime | None
    is_cut: bool
    at: datetime

    @property
    def opened(self) -> Line | None:
        """The line whose preview the URL asks for, if this actor sees it here."""
        return next((line for line in self.lines if line.key == self.filter.open), None)

    def after(self, key: str) -> str:
        """The key of the line below, or above the last one; "" when there is no other."""
        keys = [line.key for line in self.lines if line.is_asking]
        if key not in keys:
            return keys[0] if keys else ""
        place = keys.index(key)
        return next(iter([*keys[place + 1 :], *reversed(keys[:place])]), "")


def inbox(*, scope: Scope, filter: Filter, at: datetime) -> Inbox:
    """One tab, filtered, sorted and paged, with the counts of all."""
    me = approvals.waiting_for(scope=scope, at=at)
    open_questions = {question.id: question for question in (*approvals.team(scope=scope, at=at), *me)}
    team = approvals.with_rows(open_questions.values(), scope=scope, at=at)
    adrift = tuple(Item(row) for row in approvals.adrift(scope=scope, at=at))
    asks_me = frozenset(question.subject_id for question in me)
    by_subject = {item.row.subject_id: item for item in team}
    mine = tuple(by_subject.get(row.subject_id, Item(row)) for row in approvals.mine(scope=scope, at=at))
    for_me = lines_of((item for item in team if item.row.subject_id in asks_me), scope=scope, at=at, mine=asks_me)
    everything = {
        Tab.ME: tuple(line for line in for_me if not is_put_off(line)),
        Tab.SNOOZED: tuple(line for line in for_me if is_put_off(line)),
        Tab.TEAM: lines_of((*team, *adrift), scope=scope, at=at, mine=asks_me),
        Tab.MINE: lines_of(mine, scope=scope, at=at, mine=asks_me),
    }
    counts = {tab: len(lines) for tab, lines in everything.items()}
    if filter.tab is Tab.DECIDED:
        done = approvals.with_rows(approvals.decided(scope=scope, at=at), scope=scope, at=at)
        everything[Tab.DECIDED] = lines_of(done, scope=scope, at=at, mine=asks_me)
    shown = everything[filter.tab]
    kept = tuple(sorted((line for line in shown if _fits(line, filter)), key=_order(filter)))
    is_desk = filter.tab is Tab.ME
    return Inbox(
        filter=filter,
        page=Paginator(kept, PER_PAGE).get_page(filter.page),
        lines=kept,
        counts=counts,
        systems=tuple(sorted(({line.row.system for line in shown} | {filter.system}) - {""})),
        types=tuple(sorted({(line.row.type, line.row.type_label) for line in shown}, key=lambda pair: pair[1])),
        overrides=approvals.overrides_to_review(scope=scope, at=at) if is_desk else (),
        lanes=lanes_of(shown, scope=scope) if is_desk and not filter.is_narrow else (),
        oldest_at=min((line.item.asked_at for line in everything[Tab.ME]), default=None),
        is_cut=len(shown) >= approvals.LIMIT,
        at=at,
    )


def news(found: Inbox, *, since: datetime) -> int:
    """How many questions of a tab were asked after a reader last looked."""
    return sum(line.is_asking and line.item.asked_at > since for line in found.lines)


Order = Callable[[Line], tuple[Any, ...]]


def _by_risk(line: Line) -> tuple[Any, ...]:
    return (line.risk.level.rank, line.due.rank, line.item.asked_at, line.row.label)


def _oldest_first(line: Line) -> tuple[Any, ...]:
    return (line.item.asked_at, line.row.label)


def _youngest_first(line: Line) -> tuple[Any, ...]:
    return (-line.item.asked_at.timestamp(), line.row.label)


def _by_system(line: Line) -> tuple[Any, ...]:
    return (line.row.system, *by_urgency(line))


def _own_hand_first(line: Line) -> tuple[Any, ...]:
    """What the proposer must do something about comes before what others have to answer."""
    row = line.row
    return (not (line.is_handed_back or row.is_stale), row.state != "draft", -row.proposed_at.timestamp(), row.label)


def _newest_first(line: Line) -> tuple[Any, ...]:
    question = line.item.question
    closed = question.closed_at if question and question.closed_at else line.item.asked_at
    return (-closed.timestamp(), line.row.label)


def _soonest_awake(line: Line) -> tuple[Any, ...]:
    question = line.item.question
    assert question is not None and question.snoozed_until is not None
    return (question.snoozed_until, line.row.label)


_USUAL: Final[dict[Tab, Order]] = {
    Tab.ME: by_urgency,
    Tab.SNOOZED: _soonest_awake,
    Tab.TEAM: by_urgency,
    Tab.MINE: _own_hand_first,
    Tab.DECIDED: _newest_first,
}
_CHOSEN: Final[dict[Sort, Order]] = {
    Sort.RISK: _by_risk,
    Sort.OLDEST: _oldest_first,
    Sort.NEWEST: _youngest_first,
    Sort.SYSTEM: _by_system,
}


def _order(filter: Filter) -> Order:
    return _CHOSEN.get(filter.sort) or _USUAL[filter.tab]


def _fits(line: Line, filter: Filter) -> bool:
    row, text = line.row, filter.text.casefold()
    return (
        (not filter.system or row.system == filter.system)
        and (not filter.type or row.type == filter.type)
        and (not filter.risk or line.risk.level == filter.risk)
        and _is_in_hand(line, filter.hand)
        and (not text or any(text in said.casefold() for said in _texts(line)))
    )


def _texts(line: Line) -> Iterable[str]:
    row = line.row
    return (row.label, row.sentence, row.system, row.proposed_by, row.type_label)


def _is_in_hand(line: Line, hand: Hand) -> bool:
    if hand is Hand.ME:
        return line.is_in_my_hand
    return hand is Hand.ANY or (line.question is not None and line.question.holder_id is None)


def chosen(kind: type[Choice], text: str) -> Choice:
    """The choice a URL names; anything else is the first."""
    return next((choice for choice in kind if choice.value == text), next(iter(kind)))


def risk_named(text: str) -> str:
    """The risk a URL filters by, "" for none."""
    return text if text in set(Level) else ""
