"""REST over scenarios, pairs and runs (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from dreams.elicitation import actions, queries, shapes
from dreams.elicitation.queries import ItemFilter, RunFilter
from dreams.elicitation.records import item_record, run_record, whole_record
from dreams.elicitation.scenario import BadScenario, kind_of
from governance.jobs.api import accepted
from governance.jobs.shapes import Job
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading


class Items(Face):
    @endpoint(gives=shapes.Item, query=shapes.ItemQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What is expected of systems: scenarios and pairs, those that ship first."""
        scope = self.reader(request)
        limit, after = paging(request)
        found = queries.items(scope=scope, filter=ItemFilter(**asked))
        names = [f"{one.kind}/{one.item.key}" for one in found]
        if after and after not in names:
            raise unknown_cursor()
        start = names.index(str(after)) + 1 if after else 0
        shown = found[start : start + limit]
        next_after = names[start + limit - 1] if len(found) > start + limit else None
        return paged(request, [item_record(one.item) for one in shown], next_after=next_after)


class OneItem(Face):
    @endpoint(gives=shapes.Item)
    def get(self, request: Request, item_kind: str, item_key: str) -> Response:
        """One scenario or pair."""
        return Response(
            item_record(queries.item(scope=self.reader(request), kind=kind_of(item_kind), key=item_key).item)
        )

    @endpoint(
        gives=shapes.Item,
        takes=shapes.NewItem,
        problems=(BadScenario, actions.NothingChanged, actions.TooManyScenarios, ReasonMissing),
    )
    def put(self, request: Request, item_kind: str, item_key: str, body: dict[str, Any]) -> Response:
        """Write it, in place of what stands there."""
        made = actions.save(scope=self.scope(request), kind=kind_of(item_kind), key=item_key, at=now(), **body)
        return Response(item_record(made))


class Undo(Face):
    @endpoint(gives=shapes.Item, takes=shapes.Reasoned, problems=(actions.NothingToUndo, ReasonMissing))
    def post(self, request: Request, item_kind: str, item_key: str, body: dict[str, Any]) -> Response:
        """Bring back what stood before the last change."""
        made = actions.undo(scope=self.scope(request), kind=kind_of(item_kind), key=item_key, at=now(), **body)
        return Response(item_record(made))


class Runs(Face):
    @endpoint(gives=shapes.Run, query=shapes.RunQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Runs, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = queries.runs(scope=scope, filter=RunFilter(**asked)).order_by("-id")
        if after:
            rows = rows.filter(id__lt=_uuid(after))
        found = list(rows[: limit + 1])
        next_after = str(found[limit - 1].id) if len(found) > limit else None
        return paged(request, [run_record(one) for one in found[:limit]], next_after=next_after)


class OneRun(Face):
    @endpoint(gives=shapes.WholeRun)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run with every check."""
        scope = self.reader(request)
        row = queries.found_run(scope=scope, run_id=run_id)
        return Response(whole_record(queries.whole(scope=scope, row=row, at=now())))


class Ask(Face):
    @endpoint(gives=Job, status=202, problems=(actions.NotAsked,))
    def post(self, request: Request, name: str) -> Response:
        """Have the worker ask a system everything that is expected of it; the job's result names the run."""
        scope = self.scope(request)
        job = actions.start(scope=scope, system_name=name, at=now())
        with reading(request._request):
            return accepted(scope=scope, job=job)


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
