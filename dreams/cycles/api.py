"""REST over what nights found (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from dreams.cycles import pairs, queries, reports, shapes
from dreams.cycles.export import filter_of
from dreams.cycles.rates import rates
from dreams.cycles.records import (
    dream_record,
    night_record,
    pair_record,
    rates_record,
    report_record,
)
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now


class Nights(Face):
    @endpoint(gives=shapes.Night, query=shapes.NightQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Nights, the last planned first."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = queries.nights(scope=scope, filter=filter_of(asked)).order_by("-id")
        found = list((rows.filter(id__lt=_uuid(after)) if after else rows)[: limit + 1])
        lines = queries.lines_of(found[:limit], scope=scope)
        return paged(request, [night_record(one) for one in lines], next_after=_next(found, limit))


class OneNight(Face):
    @endpoint(gives=shapes.Report)
    def get(self, request: Request, cycle_id: str) -> Response:
        """The morning report: the plan, and the verdict on each dream."""
        return Response(report_record(reports.report_of(scope=self.reader(request), cycle_id=cycle_id)))


class OneDream(Face):
    @endpoint(gives=shapes.WholeDream)
    def get(self, request: Request, cycle_id: str, place: int) -> Response:
        """One dream by its number in the plan; the dummy is 0."""
        found = queries.dream(scope=self.reader(request), cycle_id=cycle_id, place=place)
        (row,) = reports.rows_of([found], least=0.0)
        return Response(dream_record(found, row))


class Pairs(Face):
    @endpoint(gives=shapes.Pair, query=shapes.PairQuery, is_paged=True)
    def get(self, request: Request, cycle_id: str, place: int, asked: dict[str, Any]) -> Response:
        """Each request under the constitution in force and under the dream's, in the order in which they ran."""
        scope = self.reader(request)
        limit, after = paging(request)
        dream = queries.dream(scope=scope, cycle_id=cycle_id, place=place)
        rows = pairs.pairs(scope=scope, dream=dream, filter=pairs.filter_of(asked))
        found = list((rows.filter(id__gt=_uuid(after)) if after else rows)[: limit + 1])
        lines = pairs.lines_of(found[:limit], scope=scope)
        return paged(request, [pair_record(one) for one in lines], next_after=_next(found, limit))


class DreamRates(Face):
    @endpoint(gives=shapes.Rates)
    def get(self, request: Request) -> Response:
        """How often dreams come to production, week by week for 90 days, how many stay there, and how often chance wins."""
        return Response(rates_record(rates(scope=self.reader(request), at=now())))


def _next(found: list[Any], limit: int) -> str | None:
    return str(found[limit - 1].id) if len(found) > limit else None


def _uuid(after: str) -> UUID:
    try:
        return UUID(after)
    except ValueError:
        raise unknown_cursor() from None
