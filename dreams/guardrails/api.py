"""REST over guardrails (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from dreams.guardrails import answering, queries, settings, shapes
from dreams.guardrails.answering import NotWatched
from dreams.guardrails.export import filter_of
from dreams.guardrails.records import line_record, whole_record
from dreams.guardrails.settings import Chosen
from dreams.guardrails.triggers import Rule, Trigger
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading


class Watches(Face):
    @endpoint(gives=shapes.Watch, query=shapes.WatchQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Amendments that are watched or were, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = queries.watches(scope=scope, filter=filter_of(asked)).order_by("-id")
        if after:
            rows = rows.filter(id__lt=_uuid(after))
        found = list(rows[: limit + 1])
        next_after = str(found[limit - 1].id) if len(found) > limit else None
        return paged(request, [line_record(one) for one in queries.lines_of(found[:limit])], next_after=next_after)


class OneWatch(Face):
    @endpoint(gives=shapes.WholeWatch)
    def get(self, request: Request, number: int) -> Response:
        """How an applied amendment does."""
        return Response(whole_record(queries.whole(queries.found(scope=self.reader(request), number=number))))


class Keep(Face):
    @endpoint(gives=shapes.WholeWatch, takes=shapes.Reasoned, problems=(NotWatched, ReasonMissing))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """The amendment stays; its watch ends."""
        return _answered(request, self.scope(request), number, answering.keep, body)


class Extend(Face):
    @endpoint(gives=shapes.WholeWatch, takes=shapes.Extension, problems=(NotWatched, ReasonMissing))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Watch it longer."""
        return _answered(request, self.scope(request), number, answering.extend, body)


class Pause(Face):
    @endpoint(gives=shapes.WholeWatch, takes=shapes.Reasoned, problems=(NotWatched, ReasonMissing))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """TARS changes the amendment's system no more by itself."""
        return _answered(request, self.scope(request), number, answering.pause, body)


class Resume(Face):
    @endpoint(gives=shapes.WholeWatch, takes=shapes.Reasoned, problems=(NotWatched, ReasonMissing))
    def post(self, request: Request, number: int, body: dict[str, Any]) -> Response:
        """Watch it anew."""
        return _answered(request, self.scope(request), number, answering.resume, body)


class Settings(Face):
    @endpoint(gives=shapes.Settings)
    def get(self, request: Request) -> Response:
        """How amendments are watched."""
        return Response(_settings(settings.chosen(scope=self.reader(request))))

    @endpoint(gives=shapes.Settings, takes=shapes.SettingsChange, problems=(ReasonMissing,))
    def patch(self, request: Request, body: dict[str, Any]) -> Response:
        """Change it; what is not given stays. It holds for what is applied later."""
        scope = self.scope(request)
        rules = {Trigger(name): Rule.of(name, said) for name, said in body.get("rules", {}).items()}
        made = settings.change(scope=scope, days=body.get("days"), rules=rules, reason=body["reason"], at=now())
        return Response(_settings(made))


def _answered(
    request: Request, scope: Scope, number: int, verb: Callable[..., object], body: dict[str, Any]
) -> Response:
    verb(scope=scope, number=number, at=now(), **body)
    with reading(request._request):
        return Response(whole_record(queries.whole(queries.found(scope=scope, number=number))))


def _settings(chosen: Chosen) -> dict[str, Any]:
    updated_at = chosen.updated_at and utc(chosen.updated_at)
    return {**chosen.as_json(), "updated_at": updated_at, "updated_by": chosen.updated_by}


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
