"""REST over the same verbs as the pages (docs/api.md). Reads run in the tenant's transaction, verbs in their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance import canonical
from governance.amendments import actions, records, serializers
from governance.amendments.forms import FilterForm
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.queries import (
    Filters,
    amendment_page,
    filtered,
    found_proposal,
    found_system,
    record_of,
    roll_back_preview,
    rows_of,
    system_names,
    with_facts,
)
from governance.constitution import patch
from governance.constitution.patch import PatchFailed
from governance.errors import Invalid
from governance.identity.confirm import Confirmation, confirm
from governance.identity.models import User
from governance.registry.models import System, SystemVersion
from governance.rest import (
    PAGING,
    Because,
    Body,
    Face,
    Nothing,
    PreconditionFailed,
    PreconditionMissing,
    body_of,
    paged,
    paging,
    refuse_unknown,
    tagged,
    unknown_cursor,
)
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of


class Systems(Face):
    def get(self, request: Request) -> Response:
        """Systems by name; `limit`, `cursor`."""
        scope = self.reader(request)
        refuse_unknown(request, PAGING)
        limit, after = paging(request)
        rows = System.objects.filter(tenant_id=scope.tenant_id).order_by("name")
        found = list((rows.filter(name__gt=after) if after else rows)[: limit + 1])
        digests = _digests(scope, found)
        results = [records.system_record(row, digest=digests[row.id], whole=False) for row in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].name if len(found) > limit else None)


class OneSystem(Face):
    def get(self, request: Request, name: str) -> Response:
        """A system with its constitution; the ETag is the constitution's digest."""
        system = found_system(scope=self.reader(request), name=name)
        digest = _digests(scope_of(request._request), [system])[system.id]
        record = records.system_record(system, digest=digest, whole=True)
        return tagged(request, record, digest=digest)


class Amendments(Face):
    def get(self, request: Request) -> Response:
        """Amendments, newest first; filters as on the page, `limit`, `cursor`."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = filtered(scope=scope, filters=_filters(request, scope))
        if after:
            rows = rows.filter(number__lt=_number(after))
        found = list(rows_of(scope=scope, proposals=with_facts(rows)[: limit + 1]))
        results = [record_of(row) for row in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].number) if len(found) > limit else None)

    def post(self, request: Request) -> Response:
        """Propose, or keep a draft."""
        scope, body = scope_of(request._request), body_of(request, serializers.Proposal)
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
            at=now(),
        )
        response = _answered(request, scope, proposal.number, status=201)
        response["Location"] = reverse("api-amendment", kwargs={"number": proposal.number})
        return response


class OneAmendment(Face):
    def get(self, request: Request, number: int) -> Response:
        page = amendment_page(scope=self.reader(request), number=number, at=now())
        record = records.amendment_record(page)
        return tagged(request, record, digest=canonical.digest(record))


class Revise(Face):
    def post(self, request: Request, number: int) -> Response:
        """The next revision of one's own proposal."""
        scope, body = scope_of(request._request), body_of(request, serializers.Revision)
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
            at=now(),
        )
        return _answered(request, scope, number)


class RollBack(Face):
    def get(self, request: Request, number: int) -> Response:
        """What rolling back would do now, and the digest that doing it takes."""
        preview = roll_back_preview(scope=self.reader(request), number=number, at=now())
        return Response(records.roll_back_record(preview))

    def post(self, request: Request, number: int) -> Response:
        scope, at = scope_of(request._request), now()
        body = body_of(request, serializers.Answer)
        actions.roll_back(
            scope=scope,
            number=number,
            digest=body["digest"],
            reason=body["words"],
            confirmation=_confirmed(request, body, at),
            at=at,
        )
        return _answered(request, scope, number)


class Act(Face):
    """One verb on one amendment; `verb` names it in the table below."""

    verb: ClassVar[str] = ""

    def post(self, request: Request, number: int) -> Response:
        scope, at = scope_of(request._request), now()
        kind, run = _VERBS[self.verb]
        body = dict(body_of(request, kind))
        if "password" in body:
            body["confirmation"] = _confirmed(request, body, at)
            del body["password"]
        if "words" in body:
            body["why" if kind is Because else "note"] = body.pop("words")
        run(scope=scope, number=number, at=at, **body)
        return _answered(request, scope, number)


class Unknown(Face):
    """Anything else under the API's address."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.http_method_not_allowed = self._nothing  # type: ignore[method-assign]
        return super().dispatch(request, *args, **kwargs)

    def _nothing(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Http404


_VERBS: dict[str, tuple[type[Body], Callable[..., Any]]] = {
    "approve": (serializers.Approval, actions.approve),
    "reject": (serializers.Answer, actions.reject),
    "request_changes": (serializers.Answer, actions.request_changes),
    "withdraw": (Because, actions.withdraw),
    "rebase": (Nothing, actions.rebase),
    "send": (Nothing, actions.send),
    "approve_roll_back": (serializers.Answer, actions.approve_roll_back),
    "withdraw_roll_back": (Nothing, actions.withdraw_roll_back),
}
VERBS = tuple(_VERBS)


def _confirmed(request: Request, body: dict[str, Any], at: datetime) -> Confirmation:
    assert isinstance(request.user, User)
    return confirm(user=request.user, answer=body["password"], at=at, request=request._request)


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
    if tag and tag != "*" and tag.strip('"') != _digests(scope, [system])[system.id]:
        raise PreconditionFailed(f"{system.name} is at version {system.constitution_version} now. Read it again.")
    if named is not None and named != system.constitution_version:
        raise PreconditionFailed(
            f"{system.name} is at version {system.constitution_version}, not {named}. Read it again, then send it."
        )
    return system.constitution_version


def _digests(scope: Scope, systems: list[System]) -> dict[Any, str]:
    """The digest of each system's constitution, in one query."""
    wanted = {(system.id, system.constitution_version) for system in systems}
    rows = SystemVersion.objects.filter(
        tenant_id=scope.tenant_id,
        system_id__in=[system_id for system_id, _ in wanted],
        number__in={number for _, number in wanted},
    ).values_list("system_id", "number", "digest")
    return {system_id: digest for system_id, number, digest in rows if (system_id, number) in wanted}


def _filters(request: Request, scope: Scope) -> Filters:
    form = FilterForm(request.query_params, systems=system_names(scope=scope))
    refuse_unknown(request, PAGING | set(form.fields))
    if not form.is_valid():
        problems = tuple((f"/{name}", str(error)) for name, found in form.errors.items() for error in found)
        raise Invalid("A filter has a value that does not exist.", problems=problems)
    return form.filters()


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise unknown_cursor()
    return int(after)
