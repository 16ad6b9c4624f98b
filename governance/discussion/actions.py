from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance import canonical
from governance.discussion.models import Comment, Look, Tick
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.scope import Capability, Scope

MOST_COMMENTS = 500
LONGEST = 4000
LONGEST_POINTER = 1000
SUGGESTION_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Subject:
    """What is talked about, and which revision of it."""

    kind: str
    id: UUID
    revision: int


class TooMuchTalk(DomainError):
    """The subject has as many comments as one may have."""

    code = "too_many_comments"


class AlreadySo(DomainError):
    """The thread is resolved, or open, as asked."""

    code = "already_so"


def may_talk(scope: Scope) -> str:
    """Why this actor cannot comment, or "": those who propose or decide can, a read-only seat cannot."""
    if scope.can(Capability.PROPOSE) or scope.can(Capability.DECIDE):
        return ""
    return "Your seat is read-only. People who propose or decide can comment."


def write(
    *,
    scope: Scope,
    subject: Subject,
    pointer: str,
    text: str,
    at: datetime,
    thread_id: UUID | None = None,
    suggestion: Mapping[str, Any] | None = None,
) -> Comment:
    """Say something about a place (`pointer`, "" for the whole), or in a thread, whose place it then takes.

    `suggestion` is `{"value": …}`. Raises `NotAllowed`, `NotFound` (no such thread), `Invalid`, `TooMuchTalk`.
    """
    _demand_voice(scope)
    thread = _root(scope=scope, subject=subject, thread_id=thread_id) if thread_id else None
    said = Comment.objects.filter(tenant_id=scope.tenant_id, subject_kind=subject.kind, subject_id=subject.id)
    if said.count() >= MOST_COMMENTS:
        raise TooMuchTalk(f"This has {MOST_COMMENTS} comments, and that is all it takes. Talk elsewhere and link it.")
    return Comment.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        revision=subject.revision,
        pointer=thread.pointer if thread else _pointer(pointer),
        thread=thread,
        text=_text(text),
        suggestion=None if suggestion is None else _suggestion(suggestion),
        author=scope.actor.name,
        user_id=scope.actor.user_id,
        at=at,
    )


def resolve(*, scope: Scope, subject: Subject, comment_id: UUID, at: datetime) -> Comment:
    """Mark a thread as settled. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    _demand_voice(scope)
    root = _root(scope=scope, subject=subject, thread_id=comment_id)
    if root.resolved_at is not None:
        raise AlreadySo(f"{root.resolved_by} has resolved this already.")
    root.resolved_at, root.resolved_by = at, scope.actor.name
    root.save(update_fields=["resolved_at", "resolved_by"])
    return root


def reopen(*, scope: Scope, subject: Subject, comment_id: UUID, at: datetime) -> Comment:
    """Take a thread up again. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    _demand_voice(scope)
    root = _root(scope=scope, subject=subject, thread_id=comment_id)
    if root.resolved_at is None:
        raise AlreadySo("This is open already.")
    root.resolved_at, root.resolved_by = None, ""
    root.save(update_fields=["resolved_at", "resolved_by"])
    return root


def tick(*, scope: Scope, subject: Subject, pointer: str, at: datetime) -> None:
    """Remember that this person has viewed a place of this revision; twice is once. Raises `NotAllowed`, `Invalid`."""
    Tick.objects.bulk_create(
        [
            Tick(
                id=new_id(at),
                tenant_id=scope.tenant_id,
                subject_kind=subject.kind,
                subject_id=subject.id,
                revision=subject.revision,
                pointer=_pointer(pointer),
                user_id=scope.person_id,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )


def untick(*, scope: Scope, subject: Subject, pointer: str) -> None:
    """Forget a tick; one that is not there is no fault. Raises `NotAllowed`."""
    Tick.objects.filter(
        tenant_id=scope.tenant_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        revision=subject.revision,
        pointer=pointer,
        user_id=scope.person_id,
    ).delete()


def look(*, scope: Scope, subject: Subject, digest: str, at: datetime) -> None:
    """Remember what this person saw last: the revision and its digest. Raises `NotAllowed`."""
    Look.objects.update_or_create(
        tenant_id=scope.tenant_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        user_id=scope.person_id,
        defaults={"revision": subject.revision, "digest": digest, "at": at},
        create_defaults={"id": new_id(at), "revision": subject.revision, "digest": digest, "at": at},
    )


def _demand_voice(scope: Scope) -> None:
    if reason := may_talk(scope):
        raise NotAllowed(reason)


def _root(*, scope: Scope, subject: Subject, thread_id: UUID) -> Comment:
    """The locked first comment of a thread; a reply's id stands for its thread."""
    rows = Comment.objects.filter(tenant_id=scope.tenant_id, subject_kind=subject.kind, subject_id=subject.id)
    found = rows.filter(id=thread_id).values_list("id", "thread_id").first()
    if found is None:
        raise NotFound("There is no such comment here.")
    return rows.select_for_update().get(id=found[1] or found[0])


def _text(text: str) -> str:
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid("Say something: the comment is empty.", problems=(("/text", "is empty"),))
    if len(words) > LONGEST:
        raise Invalid(f"A comment has {LONGEST} characters at most.", problems=(("/text", "is too long"),))
    return words


def _pointer(pointer: str) -> str:
    if len(pointer) > LONGEST_POINTER or "\x00" in pointer or (pointer and not pointer.startswith("/")):
        raise Invalid("The place is a JSON pointer, such as /a/b.", problems=(("/pointer", "is no JSON pointer"),))
    return pointer


def _suggestion(suggestion: Mapping[str, Any]) -> dict[str, Any]:
    if set(suggestion) != {"value"}:
        raise Invalid('A suggestion is {"value": …}.', problems=(("/suggestion", 'holds "value" and nothing else'),))
    canonical.check_value(suggestion["value"], refuses_big_doubles=True)
    if len(canonical.canonical_bytes(suggestion["value"])) > SUGGESTION_BYTES:
        raise Invalid("The suggestion is larger than 32 KiB.", problems=(("/suggestion", "is too large"),))
    return {"value": suggestion["value"]}
