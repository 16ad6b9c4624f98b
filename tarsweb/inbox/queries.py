from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page, Paginator

from governance.approvals import queries as approvals
from governance.approvals.queries import Item, Override
from governance.constitution.diff import Effect
from governance.scope import Scope
from governance.web import now

PER_PAGE: Final = 25
SOON: Final = timedelta(days=7)
_EFFECTS: Final = {
    effect.value: rank
    for rank, effect in enumerate((Effect.EXPANDS, Effect.UNCLASSIFIED, Effect.TIGHTENS, Effect.NEUTRAL))
}


class Tab(StrEnum):
    ME = "me"
    TEAM = "team"
    MINE = "mine"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL asks for."""

    tab: Tab = Tab.ME
    system: str = ""
    type: str = ""
    text: str = ""
    page: int = 1

    @property
    def is_narrow(self) -> bool:
        return bool(self.system or self.type or self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the inbox: the subject, who it asks, and how urgent it is."""

    item: Item
    is_overdue: bool
    is_due_today: bool
    is_due_soon: bool
    is_over: bool
    is_mine_to_answer: bool

    @property
    def is_handed_back(self) -> bool:
        return self.item.row.state == "changes_requested"


Order = Callable[[Line], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The page's whole context. `counts` are of the unfiltered tabs; Decided has none."""

    filter: Filter
    page: Page[Line]
    counts: dict[Tab, int]
    systems: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    overrides: tuple[Override, ...]
    oldest_at: datetime | None
    is_cut: bool


def waiting_count(scope: Scope) -> int:
    """How many questions this actor may answer now: the badge in the menu."""
    return len(approvals.waiting_for(scope=scope, at=now()))


def waiting(scope: Scope, *, at: datetime) -> tuple[Line, ...]:
    """What waits for this actor, by due day, then effect (expansions first), then age."""
    items = approvals.with_rows(approvals.waiting_for(scope=scope, at=at), scope=scope, at=at)
    return _lines(items, at=at, mine=frozenset(item.row.subject_id for item in items))


def inbox(*, scope: Scope, filter: Filter, at: datetime) -> Inbox:
    """One tab, filtered and paged, with the counts of all."""
    me = approvals.waiting_for(scope=scope, at=at)
    open_questions = {question.id: question for question in (*approvals.team(scope=scope), *me)}
    team = approvals.with_rows(open_questions.values(), scope=scope, at=at)
    adrift = tuple(Item(row) for row in approvals.adrift(scope=scope, at=at))
    asks_me = frozenset(question.subject_id for question in me)
    by_subject = {item.row.subject_id: item for item in team}
    mine = tuple(by_subject.get(row.subject_id, Item(row)) for row in approvals.mine(scope=scope, at=at))
    everything = {
        Tab.ME: tuple(item for item in team if item.row.subject_id in asks_me),
        Tab.TEAM: (*team, *adrift),
        Tab.MINE: mine,
    }
    counts = {tab: len(items) for tab, items in everything.items()}
    if filter.tab is Tab.DECIDED:
        everything[Tab.DECIDED] = approvals.with_rows(approvals.decided(scope=scope), scope=scope, at=at)
    shown = everything[filter.tab]
    lines = _lines(shown, at=at, mine=asks_me, order=_ORDER[filter.tab])
    kept = [line for line in lines if _fits(line.item, filter)]
    asked = [question.asked_at for question in me]
    return Inbox(
        filter=filter,
        page=Paginator(kept, PER_PAGE).get_page(filter.page),
        counts=counts,
        systems=tuple(sorted({item.row.system for item in shown} | {filter.system} - {""})),
        types=tuple(sorted({(item.row.type, item.row.type_label) for item in shown}, key=lambda pair: pair[1])),
        overrides=approvals.overrides_to_review(scope=scope, at=at) if filter.tab is Tab.ME else (),
        oldest_at=min(asked, default=None),
        is_cut=len(shown) >= approvals.LIMIT,
    )


def _lines(
    items: Iterable[Item], *, at: datetime, mine: frozenset[UUID], order: Order | None = None
) -> tuple[Line, ...]:
    return tuple(sorted((_line(item, at=at, mine=mine) for item in items), key=order or _by_urgency))


def _line(item: Item, *, at: datetime, mine: frozenset[UUID]) -> Line:
    due, over = item.row.due_at, item.row.expires_at
    is_asking = item.question is not None and item.question.state == "open"
    left = due - at if due and is_asking else None
    return Line(
        item=item,
        is_overdue=left is not None and left < timedelta(0),
        is_due_today=left is not None and timedelta(0) <= left < timedelta(days=1),
        is_due_soon=left is not None and left <= SOON,
        is_over=is_asking and over is not None and over <= at,
        is_mine_to_answer=item.row.subject_id in mine,
    )


def _by_urgency(line: Line) -> tuple[Any, ...]:
    row = line.item.row
    day = row.due_at.date().toordinal() if row.due_at else 9_999_999
    return (day, _EFFECTS.get(row.effect, 9), line.item.asked_at, row.label)


def _own_hand_first(line: Line) -> tuple[Any, ...]:
    """What the proposer must do something about comes before what others have to answer."""
    row = line.item.row
    return (not (line.is_handed_back or row.is_stale), row.state != "draft", -row.proposed_at.timestamp(), row.label)


def _newest_first(line: Line) -> tuple[Any, ...]:
    question = line.item.question
    closed = question.closed_at if question and question.closed_at else line.item.asked_at
    return (-closed.timestamp(), line.item.row.label)


_ORDER: Final[dict[Tab, Order]] = {
    Tab.ME: _by_urgency,
    Tab.TEAM: _by_urgency,
    Tab.MINE: _own_hand_first,
    Tab.DECIDED: _newest_first,
}


def _fits(item: Item, filter: Filter) -> bool:
    row = item.row
    if (filter.system and row.system != filter.system) or (filter.type and row.type != filter.type):
        return False
    text = filter.text.casefold()
    return not text or any(
        text in said.casefold() for said in (row.label, row.sentence, row.system, row.proposed_by, row.type_label)
    )


def tab_of(text: str) -> Tab:
    """The tab a URL names; anything else is the first."""
    return Tab(text) if text in set(Tab) else Tab.ME
