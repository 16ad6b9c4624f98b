from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.discussion.models import Comment, Look, Tick
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment. `has_suggestion` because the suggested value may itself be null."""

    id: UUID
    text: str
    author: str
    user_id: UUID | None
    at: datetime
    revision: int
    has_suggestion: bool = False
    value: Any = None

    @property
    def value_text(self) -> str:
        """The suggested value as JSON."""
        return json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Thread:
    """A remark about a place with the replies to it, in order."""

    pointer: str
    first: Remark
    replies: tuple[Remark, ...]
    resolved_at: datetime | None = None
    resolved_by: str = ""

    @property
    def id(self) -> UUID:
        return self.first.id

    @property
    def key(self) -> str:
        """The id as a form carries it."""
        return str(self.first.id)

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return (self.first, *self.replies)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw last."""

    revision: int
    digest: str
    at: datetime


def threads_of(*, scope: Scope, kind: str, subject_id: UUID) -> tuple[Thread, ...]:
    """Everything that was said about a subject, in order; one query."""
    rows = Comment.objects.filter(tenant_id=scope.tenant_id, subject_kind=kind, subject_id=subject_id).order_by(
        "at", "id"
    )
    roots, replies = [], defaultdict(list)
    for row in rows:
        if row.thread_id is None:
            roots.append(row)
        else:
            replies[row.thread_id].append(_remark(row))
    return tuple(
        Thread(row.pointer, _remark(row), tuple(replies[row.id]), row.resolved_at, row.resolved_by) for row in roots
    )


def ticks_of(*, scope: Scope, kind: str, subject_id: UUID, revision: int) -> frozenset[str]:
    """The places of one revision that this person has viewed."""
    if scope.actor.user_id is None:
        return frozenset()
    rows = Tick.objects.filter(
        tenant_id=scope.tenant_id,
        subject_kind=kind,
        subject_id=subject_id,
        revision=revision,
        user_id=scope.actor.user_id,
    )
    return frozenset(rows.values_list("pointer", flat=True))


def seen_by(*, scope: Scope, kind: str, subject_id: UUID) -> Seen | None:
    """What this person saw last of a subject."""
    if scope.actor.user_id is None:
        return None
    row = Look.objects.filter(
        tenant_id=scope.tenant_id, subject_kind=kind, subject_id=subject_id, user_id=scope.actor.user_id
    ).first()
    return Seen(row.revision, row.digest, row.at) if row else None


def people_of(*, scope: Scope, kind: str, subject_id: UUID) -> frozenset[UUID]:
    """Everybody who has said something about a subject."""
    rows = Comment.objects.filter(
        tenant_id=scope.tenant_id, subject_kind=kind, subject_id=subject_id, user_id__isnull=False
    )
    return frozenset(user_id for user_id in rows.values_list("user_id", flat=True) if user_id is not None)


def last_of(*, scope: Scope, kind: str, subject_id: UUID) -> UUID | None:
    """The newest comment's id."""
    rows = Comment.objects.filter(tenant_id=scope.tenant_id, subject_kind=kind, subject_id=subject_id)
    return rows.order_by("-id").values_list("id", flat=True).first()


def _remark(row: Comment) -> Remark:
    return Remark(
        id=row.id,
        text=row.text,
        author=row.author,
        user_id=row.user_id,
        at=row.at,
        revision=row.revision,
        has_suggestion=row.suggestion is not None,
        value=row.suggestion.get("value") if row.suggestion else None,
    )
