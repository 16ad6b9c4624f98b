"""REST over the same verbs as the pages (docs/api.md). Reads run in the tenant's transaction, verbs in their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance import canonical
from governance.amendments import actions, records, serializers, shapes
from governance.amendments.actions.discuss import Wish
from governance.amendments.errors import (
    BaseMoved,
    EvidenceMissing,
    Expired,
    MergeConflict,
    NotReversible,
    Tampered,
    TypeMisfit,
    WrongState,
)
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.queries import (
    Filters,
    amendment_page,
    filtered,
    found_proposal,
    found_system,
    open_request,
    record_of,
    roll_back_preview,
    rows_of,
    system_names,
    with_facts,
)
from governance.approvals.actions import (
    AlreadyDecided,
    Moved,
    NoteMissing,
    OverrideNotNeeded,
    OwnProposal,
    ReasonTooShort,
)
from governance.approvals.desk import CannotAnswer
from governance.approvals.reminders import AlreadyNudged, NudgesOneself, nudge
from governance.constitution import patch
from governance.constitution.patch import PatchFailed
from governance.constitution.schema import InvalidConstitution
from governance.errors import Invalid
from governance.files.actions import BadFile, TooManyFiles
from governance.identity.confirm import Confirmation, NotConfirmed, confirm_in_body
from governance.registry.models import System
from governance.registry.queries import digests
from governance.rest import (
    Because,
    Face,
    PreconditionFailed,
    PreconditionMissing,
    endpoint,
    paged,
    paging,
    tagged,
    unknown_cursor,
)
from governance.scope import Capability, Scope
from governance.web import now, reading

_DRAFTING = (
    EvidenceMissing,
    TypeMisfit,
    InvalidConstitution,
    WrongState,
    BaseMoved,
    MergeConflict,
    PatchFailed,
    Expired,
    BadFile,
    TooManyFiles,
)
_NUDGING = (CannotAnswer, AlreadyNudged, AlreadyDecided, NudgesOneself)
_ANSWERING = (
    NotConfirmed,
    WrongState,
    Moved,
    BaseMoved,
    AlreadyDecided,
    OwnProposal,
    NotReversible,
    Tampered,
    NoteMissing,
)


class Amendments(Face):
    @endpoint(gives=shapes.Line, query=shapes.AmendmentQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Amendments, newest first; filters as on the page."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = filtered(scope=scope, filters=_filters(scope, asked))
        if after:
            rows = rows.filter(number__lt=_number(after))
        found = list(rows_of(scope=scope, proposals=with_facts(rows)[: limit + 1]))
        results = [record_of(row) for row in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].number) if len(found) > limit else None)

    @endpoint(gives=shapes.Amendment, status=201, takes=serializers.Proposal, takes_base=True, problems=_DRAFTING)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Propose, or keep a draft."""
        scope = self.scope(request)
        with reading(request._request):
            system = found_system(scope=scope, name=body["system"])
            constitution, base = _wanted(request, scope, system, body)
        proposal = actions.propose(
            scope=scope,
            system_name=system.name,
            type=AmendmentType(body["amendment_type"]),
            basis=Basis(body["basis"]),
            constitution=constitution,
            evidence=body["evidence"],
            base_version=base,
            effective_at=body["effective_at"],
            is_draft=body["draft"],
            attachments=body.get("attachments", ()),
            at=now(),
        )
        response = _answered(request, scope, proposal.number, status=201)
        response["Location"] = reverse("api-amendment", kwargs={"number": proposal.number})
        return response


class OneAmendment(Face):
    @endpoint(gives=shapes.Amendment, is_tagged=True)
    def get(self, request: Request, number: int) -> Response:
        """One amendment with its changes, evidence, answers and timeline."""
        page = amendment_page(scope=self.reader(request), number=number, at=now())
        record = records.amendment_record(page)
        return tagged(request, record, digest=canonical.digest(record))


class Revise(Face):
    @endpoint(gives=shapes.Amendment, takes=serializers.Revision, takes_base=True, problems=_DRAFTING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """The next revision of one's own proposal."""
        scope = self.scope(request)
        with reading(request._request):
            system = found_proposal(scope=scope, number=number).system
            constitution, base = _wanted(request, scope, system, body)
        actions.revise(
            scope=scope,
            number=number,
            constitution=constitution,
            evidence=body["evidence"],
            why=body["reason"],
            base_version=base,
            effective_at=body["effective_at"],
            attachments=body.get("attachments"),
            at=now(),
        )
        return _answered(request, scope, number)


class RollBack(Face):
    @endpoint(gives=shapes.RollBack, problems=(NotReversible, WrongState))
    def get(self, request: Request, number: int) -> Response:
        """What rolling back would do now, and the digest that doing it takes."""
        preview = roll_back_preview(scope=self.reader(request), number=number, at=now())
        return Response(records.roll_back_record(preview))

    @endpoint(gives=shapes.Amendment, takes=serializers.Answer, problems=_ANSWERING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Roll it back, or ask a second person where one is needed."""
        scope, at = self.scope(request), now()
        actions.roll_back(
            scope=scope,
            number=number,
            digest=body["digest"],
            reason=body["words"],
            confirmation=_confirmed(request, number, body, at=at, page="amendments:roll_back"),
            at=at,
        )
        return _answered(request, scope, number)


class Act(Face):
    """One verb on one amendment; the route says which."""

    run: Callable[..., Any] | None = None

    def act(self, request: Request, number: int, **body: Any) -> Response:
        assert self.run is not None
        scope = self.scope(request)
        self.run(scope=scope, number=number, at=now(), **body)
        return _answered(request, scope, number)


class Answer(Act):
    """A verb that a person signs: it asks for a confirmation. `near` is the place on the page where a person does it."""

    near = "decide"

    @endpoint(gives=shapes.Amendment, takes=serializers.Answer, problems=_ANSWERING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Answer the question that this amendment asks, for exactly the digest that was read."""
        return self.signed(request, number, body)

    def signed(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        confirmation = _confirmed(request, number, body, at=now(), near=self.near)
        note, _ = body.pop("words"), body.pop("password", "")
        return self.act(request, number, **body, note=note, confirmation=confirmation)


class Approve(Answer):
    @endpoint(gives=shapes.Amendment, takes=serializers.Answer, problems=_ANSWERING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Approve exactly the digest that was read; the last answer that is needed applies the amendment."""
        return self.signed(request, number, body)


class RequestChanges(Answer):
    @endpoint(gives=shapes.Amendment, takes=serializers.Changes, problems=_ANSWERING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Hand it back to its proposer, perhaps with suggestions for single places."""
        wishes = [Wish(**wish) for wish in body.pop("suggestions", ())]
        return self.signed(request, number, {**body, "wishes": wishes})


class BreakGlass(Answer):
    @endpoint(
        gives=shapes.Amendment, takes=serializers.Answer, problems=(*_ANSWERING, OverrideNotNeeded, ReasonTooShort)
    )
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Approve in the place of a role one does not hold: where nobody can fill it, or nobody did before the deadline.

        `note` says why in at least 20 characters. Those who watch are told at once, and a second person reviews it.
        """
        return self.signed(request, number, body)


class Nudge(Face):
    @endpoint(gives=None, status=204, takes=serializers.Nudge, problems=_NUDGING)
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Ask somebody who may answer the question to do it; once a person and day."""
        scope = self.scope(request)
        with reading(request._request):
            request_id = open_request(scope=scope, number=number)
        nudge(scope=scope, request_id=request_id, user_id=body["user_id"], at=now())
        return Response(status=204)


class Withdraw(Act):
    @endpoint(gives=shapes.Amendment, takes=Because, problems=(WrongState,))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Take one's own proposal back."""
        return self.act(request, number, why=body["words"])


class Simple(Act):
    @endpoint(gives=shapes.Amendment, problems=_DRAFTING)
    def post(self, request: Request, number: int) -> Response:
        """Run the verb on one's own proposal."""
        return self.act(request, number)


def _confirmed(
    request: Request,
    number: int,
    body: dict[str, Any],
    *,
    at: datetime,
    page: str = "amendments:detail",
    near: str = "",
) -> Confirmation:
    """The person's answer to their factor; raises `NotConfirmed` with the page to go to."""
    path = reverse(page, kwargs={"number": number}) + (f"#{near}" if near else "")
    return confirm_in_body(request=request._request, answer=body.get("password", ""), path=path, at=at)


def _answered(request: Request, scope: Scope, number: int, *, status: int = 200) -> Response:
    """The amendment as it is after the verb committed; to somebody without the record, only where it stands."""
    with reading(request._request):
        if not scope.can(Capability.READ_RECORD):
            proposal = found_proposal(scope=scope, number=number)
            return Response({"id": proposal.label, "state": proposal.state}, status=status)
        page = amendment_page(scope=scope, number=number, at=now())
        return Response(records.amendment_record(page), status=status)


def _wanted(request: Request, scope: Scope, system: System, body: dict[str, Any]) -> tuple[Any, int]:
    """The constitution that a change asks for, and the version it was made from.

    Raises `PreconditionMissing` without `base_version` and `If-Match`, `PreconditionFailed`, `PatchFailed`.
    """
    base = _base(request, scope, system, body.get("base_version"))
    if "constitution" in body:
        return body["constitution"], base
    try:
        return patch.apply(body["patch"], system.constitution), base
    except PatchFailed as refusal:
        problems = tuple((f"/patch{pointer}", sentence) for pointer, sentence in refusal.problems)
        raise PatchFailed(refusal.sentence, problems=problems) from None


def _base(request: Request, scope: Scope, system: System, named: int | None) -> int:
    tag = request.headers.get("If-Match", "").strip()
    if not tag and named is None:
        raise PreconditionMissing(
            "Say which constitution this was made from: base_version in the body, or If-Match with the system's ETag."
        )
    if tag and tag != "*" and tag.strip('"') != digests(scope=scope, systems=[system])[system.id]:
        raise PreconditionFailed(f"{system.name} is at version {system.constitution_version} now. Read it again.")
    if named is not None and named != system.constitution_version:
        raise PreconditionFailed(
            f"{system.name} is at version {system.constitution_version}, not {named}. Read it again, then send it."
        )
    return system.constitution_version


def _filters(scope: Scope, asked: dict[str, Any]) -> Filters:
    if asked.get("system") and asked["system"] not in system_names(scope=scope):
        raise Invalid("There is no such system.", problems=(("/system", "is no system of this tenant"),))
    return Filters(**asked)


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise unknown_cursor()
    return int(after)
