from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from governance.notices import kinds
from governance.notices.models import MailMode, Notice, NoticePreference
from governance.scope import ActorKind, Scope

PER_PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL asks for; empty means any."""

    is_unread: bool = False
    kind: str = ""

    @property
    def is_narrow(self) -> bool:
        return self.is_unread or bool(self.kind)


@dataclass(frozen=True, slots=True)
class Line:
    """One notice, ready to read."""

    id: UUID
    kind: str
    kind_label: str
    subject: str
    sentence: str
    url: str
    at: datetime
    is_urgent: bool
    read_at: datetime | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of lines. `newest` is the id of the newest line at all: what "all" means to somebody who looks at it."""

    filter: Filter
    lines: tuple[Line, ...]
    page: Page[Notice]
    kinds: tuple[tuple[str, str], ...]
    unread: int
    newest: UUID | None


@dataclass(frozen=True, slots=True)
class Preference:
    """How somebody's news is mailed; `muted` are the kinds that are not."""

    mail: MailMode = MailMode.EACH
    muted: frozenset[str] = frozenset()


def unread_count(scope: Scope) -> int:
    """How many notices this person has not read: the badge of the bell, from one small index."""
    if scope.actor.kind is not ActorKind.PERSON:
        return 0
    return _own(scope).filter(read_at=None).count()


def page_of(*, scope: Scope, filter: Filter, page: int) -> NoticePage:
    """One page of one's own notices, newest first."""
    found = Paginator(_filtered(scope, filter), PER_PAGE).get_page(page)
    return NoticePage(
        filter=filter,
        lines=tuple(lines(found.object_list)),
        page=found,
        kinds=kinds_of(scope),
        unread=unread_count(scope),
        newest=_own(scope).order_by("-id").values_list("id", flat=True).first(),
    )


def after(*, scope: Scope, filter: Filter, last: UUID | None, limit: int) -> tuple[Line, ...]:
    """Up to `limit` of one's own notices, newest first, after the notice `last`."""
    rows = _filtered(scope, filter)
    return tuple(lines((rows.filter(id__lt=last) if last else rows)[:limit]))


def kinds_of(scope: Scope) -> tuple[tuple[str, str], ...]:
    """The kinds among one's own notices, with their labels, by label."""
    names = _own(scope).order_by("kind").values_list("kind", flat=True).distinct()
    return tuple(sorted(((name, kinds.label_of(name)) for name in names), key=lambda pair: pair[1]))


def preference_of(scope: Scope) -> Preference:
    row = NoticePreference.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id).first()
    return Preference(MailMode(row.mail), frozenset(row.muted)) if row else Preference()


def lines(rows: Iterable[Notice]) -> list[Line]:
    """Notices, ready to read."""
    return [
        Line(
            id=row.id,
            kind=row.kind,
            kind_label=kinds.label_of(row.kind),
            subject=row.subject,
            sentence=row.sentence,
            url=row.url,
            at=row.at,
            is_urgent=row.is_urgent,
            read_at=row.read_at,
            key=row.key,
        )
        for row in rows
    ]


def _filtered(scope: Scope, filter: Filter) -> QuerySet[Notice]:
    rows = _own(scope).order_by("-id")
    if filter.is_unread:
        rows = rows.filter(read_at=None)
    return rows.filter(kind=filter.kind) if filter.kind else rows


def _own(scope: Scope) -> QuerySet[Notice]:
    return Notice.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id)
