"""Ageing over REST: where everything is, archive files, restoring, legal holds, pruning, retention (docs/api.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import NotFound
from governance.identity.confirm import NotConfirmed, confirm_in_body
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading
from routing.figures.marks import Moving
from routing.lifecycle import checking, errors, holds, moving, pack, pruning, queries, retention, shapes, stones
from routing.lifecycle.queries import Bar, File, Held

_STORE = (errors.FileMissing, pack.Damaged, errors.StoreFailed)


class Archives(Face):
    @endpoint(gives=shapes.ArchiveFile, is_paged=True)
    def get(self, request: Request) -> Response:
        """Archive files, newest first."""
        scope, (limit, after) = self.reader(request), paging(request)
        rows = queries.archives(scope=scope)
        found = list((rows.filter(id__lt=_id(after)) if after else rows)[: limit + 1])
        results = [_file(one) for one in queries.files_of(scope=scope, rows=found[:limit])]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)


class VerifyArchive(Face):
    @endpoint(gives=shapes.Checked)
    def post(self, request: Request, archive_id: UUID) -> Response:
        """Read one file back now, and compare it with its rows and the ledger."""
        scope = self.scope(request)
        with reading(request._request):
            if not queries.archives(scope=scope).filter(id=archive_id).exists():
                raise NotFound("There is no such archive.")
        found = checking.check(scope=scope, archive_id=archive_id, at=now())
        return Response({**asdict(found), "is_whole": found.is_whole})


class Ageing(Face):
    @endpoint(gives=shapes.Ageing, query=shapes.AgeingQuery, problems=(Moving,))
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Where everything is, system by system, and what comes next."""
        board = queries.board(scope=self.reader(request), at=now(), exact=asked["exact"])
        counts = {one.state: one.count for one in board.totals}
        systems = [_bar(one) for one in board.bars]
        return Response(
            {
                "as_of": utc(board.as_of),
                "exact": board.is_exact,
                "retention_years": board.years,
                "counts": counts,
                "soon": dict(board.soon),
                "systems": systems,
            }
        )


class Restore(Face):
    @endpoint(gives=shapes.Restored, problems=(errors.NotArchived, *_STORE))
    def post(self, request: Request, execution_id: UUID) -> Response:
        """Bring an archived execution back, byte for byte."""
        made = moving.restore(scope=self.scope(request), execution_id=execution_id, at=now())
        follow = reverse("api-execution", args=[made.id])
        return Response({"id": str(made.id), "lifecycle_state": made.lifecycle_state, "follow": follow})


class Holds(Face):
    @endpoint(gives=shapes.Hold, query=shapes.HoldQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Legal holds, newest first."""
        scope, (limit, after) = self.reader(request), paging(request)
        state = asked.get("state", "")
        rows = queries.holds(scope=scope, is_in_force=state == "in_force" if state else None)
        found = list((rows.filter(id__lt=_id(after)) if after else rows)[: limit + 1])
        results = [_hold(queries.held(one)) for one in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Hold, status=201, takes=shapes.HoldWish, problems=(errors.OnHold, ReasonMissing))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Hold a system, an execution or everything: nothing of it is destroyed."""
        scope = self.scope(request)
        made = holds.place(scope=scope, at=now(), **body)
        with reading(request._request):
            record = _hold(_held(scope, made.id))
        return Response(record, status=201, headers={"Location": reverse("api-legal-hold", args=[made.id])})


class OneHold(Face):
    @endpoint(gives=shapes.Hold)
    def get(self, request: Request, legal_hold_id: UUID) -> Response:
        """One legal hold."""
        return Response(_hold(_held(self.reader(request), legal_hold_id)))


class Release(Face):
    @endpoint(gives=shapes.Hold, takes=shapes.Why, problems=(errors.OnHold, ReasonMissing))
    def post(self, request: Request, legal_hold_id: UUID, body: dict[str, Any]) -> Response:
        """End a legal hold."""
        scope = self.scope(request)
        holds.release(scope=scope, hold_id=legal_hold_id, at=now(), **body)
        with reading(request._request):
            return Response(_hold(_held(scope, legal_hold_id)))


class Due(Face):
    @endpoint(gives=shapes.Due)
    def get(self, request: Request) -> Response:
        """What may be destroyed now, and what legal holds keep."""
        found = pruning.due(scope=self.reader(request), at=now())
        return Response({name: getattr(found, name) for name in ("rows", "bytes", "held", "more", "digest")})


class Prune(Face):
    @endpoint(
        gives=shapes.Pruned,
        takes=shapes.Prune,
        problems=(errors.NothingDue, errors.CountsMoved, NotConfirmed, ReasonMissing, *_STORE),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Destroy what `due/` showed under this digest. A person's password or code goes in `password`; a token is refused."""
        at, scope = now(), self.scope(request)
        path = reverse("lifecycle:prune")
        confirmation = confirm_in_body(request=request._request, answer=body["password"], path=path, at=at)
        done = pruning.prune(
            scope=scope, digest=body["digest"], reason=body["reason"], confirmation=confirmation, at=at
        )
        return Response({"rows": done.rows, "files": done.files, "held": done.held, "certificate": done.sequence})


class DueSystems(Face):
    @endpoint(gives=shapes.DueSystems)
    def get(self, request: Request) -> Response:
        """Archived systems whose retention is over: which may be destroyed now, and which stay and why."""
        found = stones.due(scope=self.reader(request), at=now())
        systems = [_old(one) for one in (*found.systems, *found.kept)]
        return Response({"rows": len(found.systems), "digest": found.digest, "systems": systems})


class PruneSystems(Face):
    @endpoint(
        gives=shapes.PrunedSystems,
        takes=shapes.Prune,
        problems=(errors.NothingDue, errors.CountsMoved, NotConfirmed, ReasonMissing),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Destroy what `due/systems/` showed under this digest. A person's password or code goes in `password`; a token is
        refused."""
        at, scope = now(), self.scope(request)
        path = reverse("lifecycle:prune")
        confirmation = confirm_in_body(request=request._request, answer=body["password"], path=path, at=at)
        done = stones.prune(scope=scope, digest=body["digest"], reason=body["reason"], confirmation=confirmation, at=at)
        return Response({"systems": list(done.names), "certificate": done.sequence})


class Retention(Face):
    @endpoint(gives=shapes.Retention, query=shapes.RetentionQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """How long what is archived is kept; with `years`, what that many would do."""
        scope, at = self.reader(request), now()
        years = asked.get("years") or queries.retention_years(scope=scope)
        return Response(_retention(retention.preview(scope=scope, years=years, at=at)))

    @endpoint(gives=shapes.Retention, takes=shapes.NewRetention, problems=(NotConfirmed, ReasonMissing))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Keep what is archived for so many years. A person's password or code goes in `password`; a token is refused."""
        at, path = now(), reverse("lifecycle:retention")
        confirmation = confirm_in_body(request=request._request, answer=body.pop("password"), path=path, at=at)
        return Response(
            _retention(retention.change(scope=self.scope(request), confirmation=confirmation, at=at, **body))
        )


def _held(scope: Any, id: UUID) -> Held:
    row = queries.holds(scope=scope).filter(id=id).first()
    if row is None:
        raise NotFound("There is no such legal hold.")
    return queries.held(row)


def _hold(one: Held) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("kind", "reason", "placed_by", "released_by", "released_because")}
    return {
        "id": str(one.id),
        **plain,
        "system": one.system or None,
        "execution_id": str(one.execution_id) if one.execution_id else None,
        "placed_at": utc(one.placed_at),
        "released_at": utc(one.released_at),
    }


def _file(one: File) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("name", "digest", "bytes", "rows", "away", "fault")}
    return {
        "id": str(one.id),
        **plain,
        "at": utc(one.at),
        "ledger_sequence": one.sequence,
        "checked_at": utc(one.checked_at),
        "destroyed_at": utc(one.destroyed_at),
        "certificate": one.destroyed_in,
    }


def _old(one: stones.Old) -> dict[str, Any]:
    return {
        "system": one.name,
        "type": one.type,
        "created_at": utc(one.created_at),
        "archived_at": utc(one.archived_at),
        "version": one.version,
        "executions": one.executions,
        "digest": one.digest,
        "keeps": list(one.keeps),
    }


def _bar(one: Bar) -> dict[str, Any]:
    stands = one.standing
    standing = stands and {
        "state": stands.state,
        "since": utc(stands.since),
        "next_state": stands.next_state,
        "next_at": utc(stands.next_at),
        "why": stands.why,
    }
    counts = {segment.state: segment.count for segment in one.segments}
    return {
        "system": one.name,
        "standing": standing,
        "counts": counts,
        "kept_for": one.kept_for,
        "is_held": one.is_held,
    }


def _retention(did: retention.Preview) -> dict[str, Any]:
    return {name: getattr(did, name) for name in ("years", "was", "moves", "due", "held", "stays", "sentence")}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
