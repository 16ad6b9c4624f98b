"""Talking about an amendment: comments and suggestions, their end, ticks, and what a reader saw. None of it is on the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from governance.amendments.facts import current_revision
from governance.amendments.models import AmendmentProposal
from governance.approvals.models import ApprovalDecision
from governance.discussion import actions as discussion
from governance.discussion.actions import Subject
from governance.discussion.models import Comment
from governance.discussion.queries import people_of
from governance.errors import Invalid, NotFound
from governance.ledger.verbs import governed
from governance.notices.actions import tell
from governance.scope import Capability, Scope

KIND = "amendment"
MOST_WISHES = 20
_SAID = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A suggestion that comes with an answer: what a place should hold instead, and why."""

    pointer: str
    value: Any
    text: str


@governed("amendments.comment", subject="number")
def comment(
    *,
    scope: Scope,
    number: int,
    text: str,
    at: datetime,
    pointer: str = "",
    thread_id: UUID | None = None,
    suggestion: Mapping[str, Any] | None = None,
    revision: int | None = None,
) -> Comment:
    """Say something about a place of an amendment, or reply in a thread. `revision` is the one that was on the screen.

    People who take part are told. Raises `NotAllowed`, `NotFound`, `Invalid`, `TooMuchTalk`.
    """
    proposal = _found(scope=scope, number=number, to="comment on an amendment")
    if suggestion is not None and not pointer and thread_id is None:
        raise Invalid("A suggestion is about one place.", problems=(("/pointer", "names no place"),))
    written = discussion.write(
        scope=scope,
        subject=_subject(proposal, revision),
        pointer=pointer,
        text=text,
        thread_id=thread_id,
        suggestion=suggestion,
        at=at,
    )
    _tell(scope=scope, proposal=proposal, comment=written, at=at)
    return written


@governed("amendments.resolve_comment", subject="number")
def resolve_comment(*, scope: Scope, number: int, comment_id: UUID, at: datetime) -> Comment:
    """Settle a thread. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    proposal = _found(scope=scope, number=number, to="resolve a comment")
    return discussion.resolve(scope=scope, subject=_subject(proposal), comment_id=comment_id, at=at)


@governed("amendments.reopen_comment", subject="number")
def reopen_comment(*, scope: Scope, number: int, comment_id: UUID, at: datetime) -> Comment:
    """Take a thread up again. Raises `NotAllowed`, `NotFound`, `AlreadySo`."""
    proposal = _found(scope=scope, number=number, to="reopen a comment")
    return discussion.reopen(scope=scope, subject=_subject(proposal), comment_id=comment_id, at=at)


@governed("amendments.tick", subject="number")
def tick(
    *, scope: Scope, number: int, pointer: str, is_viewed: bool, at: datetime, revision: int | None = None
) -> None:
    """Remember, or forget, that this person has viewed a change of a revision. Raises `NotAllowed`, `NotFound`, `Invalid`."""
    subject = _subject(_found(scope=scope, number=number, to="mark a change as viewed"), revision)
    if is_viewed:
        discussion.tick(scope=scope, subject=subject, pointer=pointer, at=at)
    else:
        discussion.untick(scope=scope, subject=subject, pointer=pointer)


@governed("amendments.look", subject="number")
def look(*, scope: Scope, number: int, digest: str, at: datetime) -> bool:
    """Remember that this person has seen what `digest` names; says whether that is still what is asked.

    Raises `NotAllowed`, `NotFound`.
    """
    proposal = _found(scope=scope, number=number, to="look at an amendment")
    if is_current := digest == current_revision(proposal).digest:
        discussion.look(scope=scope, subject=_subject(proposal), digest=digest, at=at)
    return is_current


def write_wishes(*, scope: Scope, proposal: AmendmentProposal, wishes: Sequence[Wish], at: datetime) -> None:
    """The suggestions of somebody who asks for changes, inside that verb's transaction. Raises `Invalid`."""
    if len(wishes) > MOST_WISHES:
        raise Invalid(f"A request for changes takes {MOST_WISHES} suggestions at most.")
    for index, wish in enumerate(wishes):
        if not wish.pointer:
            where = f"/suggestions/{index}/pointer"
            raise Invalid("A suggestion is about one place.", problems=((where, "names no place"),))
        discussion.write(
            scope=scope,
            subject=_subject(proposal),
            pointer=wish.pointer,
            text=wish.text or "Suggested with the request for changes.",
            suggestion={"value": wish.value},
            at=at,
        )


def _found(*, scope: Scope, number: int, to: str) -> AmendmentProposal:
    scope.demand(Capability.READ_RECORD, to=to)
    proposal = AmendmentProposal.objects.filter(tenant_id=scope.tenant_id, number=number).first()
    if proposal is None:
        raise NotFound(f"There is no amendment AMD-{number}.")
    return proposal


def _subject(proposal: AmendmentProposal, revision: int | None = None) -> Subject:
    number = proposal.revision if revision is None else revision
    if not 1 <= number <= proposal.revision:
        raise Invalid(f"{proposal.label} has no revision {number}.", problems=(("/revision", "does not exist"),))
    return Subject(KIND, proposal.id, number)


def _tell(*, scope: Scope, proposal: AmendmentProposal, comment: Comment, at: datetime) -> None:
    """Its proposer, whoever has said something, and whoever has answered it."""
    answered = ApprovalDecision.objects.filter(
        tenant_id=scope.tenant_id, request_id=proposal.request_id, user_id__isnull=False
    ).values_list("user_id", flat=True)
    people = {proposal.proposer_id, *answered, *people_of(scope=scope, kind=KIND, subject_id=proposal.id)}
    place = f" on {comment.pointer}" if comment.pointer else ""
    words = comment.text if len(comment.text) <= _SAID else f"{comment.text[:_SAID]}…"
    tell(
        scope=scope,
        user_ids=[person for person in people if person is not None],
        kind="comment",
        key=f"{proposal.label}:comment:{comment.id}",
        subject=proposal.label,
        sentence=f"{scope.actor.name} wrote about {proposal.label}{place}: “{words}”",
        url=f"{reverse('amendments:detail', kwargs={'number': proposal.number})}#comment-{comment.id}",
        at=at,
    )
