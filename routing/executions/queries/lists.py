"""Lists of executions: what they ask for, page by page, and what is new."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.rows import literal
from governance.scope import Scope
from routing.executions.models import Execution, ExecutionRequest
from routing.executions.queries.rows import Line, asked_by, demand_visible, lines_of, mine, rows_of, visible
from routing.executions.stages import Stage, Status

MOST_PARTS_SHOWN: Final = 200
"""Parts of one depth that a page shows."""
PAGE: Final = 50
OPEN: Final = "open"
RATINGS: Final = {
    "good": Q(user_satisfaction__gte=4),
    "middling": Q(user_satisfaction=3),
    "poor": Q(user_satisfaction__lte=2),
    "none": Q(user_satisfaction=None),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list asks for; "" is everything. `state` is a stage, one of the five statuses, or `open` (not done); `mode` says
    whether a person had to be asked (`approved`) or not (`direct`); `stars` 0 is any number of them, `rating` a key of `RATINGS`;
    `until` is outside; `who` is a part of the asking name; `of` the person or system who asked, or who answers for
    who asked; `among` are the only ids that are wanted, None: any."""

    text: str = ""
    system: str = ""
    state: str = ""
    mine: bool = False
    channel: str = ""
    mode: str = ""
    stars: int = 0
    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    rating: str = ""
    disputed: bool = False
    among: frozenset[UUID] | None = None
    of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first; `older` continues them."""

    lines: tuple[Line, ...]
    older: UUID | None


def executions(*, scope: Scope, filter: Filter | None = None) -> QuerySet[ExecutionRequest]:
    """Requests that the scope may see, newest first; slice them and give them to `lines_of`. Raises `NotAllowed`.

    Ids sort by time: go on after a row with `.filter(id__lt=row.id)`.
    """
    asked = filter or Filter()
    plain = {
        "user_request__icontains": asked.text,
        "requested_by__icontains": asked.who,
        "steps__0__channel": asked.channel,
        "created_at__gte": asked.since,
        "created_at__lt": asked.until,
    }
    rows = visible(scope).filter(**{name: value for name, value in plain.items() if value})
    if asked.system:
        rows = rows.filter(Q(system__name=asked.system) | Q(system=None, wanted_system=asked.system))
    if asked.mine:
        rows = rows.filter(mine(scope))
    if asked.of is not None:
        rows = rows.filter(asked_by(asked.of))
    if asked.among is not None:
        rows = rows.filter(id__in=asked.among)
    if asked.mode:
        had_to_ask = Q(governance_check__contains={"requires_approval": True})
        rows = rows.filter(had_to_ask if asked.mode == "approved" else ~had_to_ask)
    if asked.state == OPEN:
        rows = rows.exclude(stage=literal(Stage.DONE))
    elif asked.state in set(Stage):
        rows = rows.filter(stage=literal(Stage(asked.state)))
    if wanted := _ended(asked):
        done = Execution.objects.filter(wanted, tenant_id=scope.tenant_id)
        rows = rows.filter(id__in=done.values("id"))
    return rows.order_by("-id")


def page(*, scope: Scope, filter: Filter, before: UUID | None = None, limit: int = PAGE) -> Page:
    """At most `limit` rows that fit, older than `before`. Never counts. Raises `NotAllowed`."""
    rows = executions(scope=scope, filter=filter)
    found = lines_of((rows.filter(id__lt=before) if before else rows)[: limit + 1])
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def news(
    *, scope: Scope, filter: Filter, after: UUID, shown: Collection[UUID], since: datetime
) -> tuple[list[Line], list[Line]]:
    """What a list that shows `shown`, `after` on top, does not know since `since`: new rows, and rows that moved."""
    fresh = executions(scope=scope, filter=filter).filter(id__gt=after)[:PAGE]
    moved = visible(scope).filter(id__in=shown, updated_at__gt=since) if shown else ()
    return lines_of(fresh), lines_of(moved)


def hops(*, scope: Scope, id: UUID) -> QuerySet[ExecutionRequest]:
    """What was handed on of a request, the oldest first. Raises `NotFound`, also for what the scope may not see."""
    demand_visible(scope=scope, id=id)
    return rows_of(scope).filter(parent_id=id).order_by("id")


def family(*, scope: Scope, id: UUID) -> list[Line]:
    """The request at the top of what this one is a part of, and every part below it, as far as the scope may see them.

    Two queries at most for each time that work was handed on, `MOST_HOPS` times at most.
    """
    rows = {row.id: row for row in visible(scope).filter(id=id)}
    top = next(iter(rows.values()), None)
    while top is not None and top.parent_id is not None:
        top = visible(scope).filter(id=top.parent_id).first()
        rows |= {top.id: top} if top is not None else {}
    level = set(rows)
    while level:
        parts = visible(scope).filter(parent_id__in=level).order_by("id")[:MOST_PARTS_SHOWN]
        found = {row.id: row for row in parts}
        level = set(found) - set(rows)
        rows |= found
    return sorted(lines_of(rows.values()), key=lambda line: line.id)


def _ended(asked: Filter) -> Q:
    """What is asked of those that are done; empty where nothing is."""
    wanted = RATINGS.get(asked.rating, Q())
    if asked.state in set(Status):
        wanted &= Q(status=literal(Status(asked.state)))
    if asked.stars:
        wanted &= Q(user_satisfaction=asked.stars)
    return wanted & Q(disputed_at__isnull=False) if asked.disputed else wanted
