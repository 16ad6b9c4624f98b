"""Plans, holds and prices over REST."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from billing.budgets import actions, errors, held, queries, shapes
from billing.budgets.amounts import BadAmount
from billing.budgets.models import HoldState
from billing.budgets.records import hold_record
from billing.budgets.usage import Tokens, Usage, of_models
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.web import now, reading, scope_of


class Plans(Face):
    @endpoint(gives=shapes.Plans)
    def get(self, request: Request) -> Response:
        """What each window starts with."""
        found = queries.plans(scope=self.reader(request))
        return Response({"results": [_plan(line) for line in found]})

    @endpoint(gives=shapes.Plans, takes=shapes.SetPlan, problems=(errors.AboveContract, errors.BelowUse))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Set a plan; the running window follows it, never below what is used and held."""
        scope = self.scope(request)
        actions.set_plan(
            scope=scope,
            resource_type=body["resource_type"],
            window_type=body["window_type"],
            total=decimal(body["total_budget"], "total_budget"),
            system_quotas=body["system_quotas"],
            alert_threshold=decimal(body["alert_threshold"], "alert_threshold"),
            at=now(),
        )
        with reading(request._request):
            return Response({"results": [_plan(line) for line in queries.plans(scope=scope)]})


class StopPlan(Face):
    @endpoint(gives=shapes.Plans, takes=shapes.StopPlan)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Make no further windows; the running one stays until it ends."""
        scope = self.scope(request)
        actions.stop_plan(scope=scope, at=now(), **body)
        with reading(request._request):
            return Response({"results": [_plan(line) for line in queries.plans(scope=scope)]})


class Holds(Face):
    @endpoint(gives=shapes.Hold, query=shapes.HoldQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What is and was set aside, newest first."""
        scope = self.reader(request)
        limit, after = paging(request)
        if asked.get("state") == "late":
            asked = {**asked, "state": HoldState.HELD.value, "is_late": True}
        filter, before = held.HoldFilter(**asked), _id(after) if after else None
        found = held.holds(scope=scope, filter=filter, at=now(), after=before, limit=limit + 1)
        results = [hold_record(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Hold, status=201, takes=shapes.Reserve, problems=(errors.NoMoney, errors.KeyTaken))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Set amounts aside for a system. The same key and body again give the same hold."""
        scope, at = self.scope(request), now()
        with reading(request._request):
            system_id = queries.system_id(scope=scope, name=body["system"])
        made = actions.reserve(
            scope=scope,
            system_id=system_id,
            key=body["key"],
            amounts={name: decimal(value, f"amounts/{name}") for name, value in body["amounts"].items()},
            purpose=body["purpose"],
            expires_at=at + timedelta(seconds=body["seconds"]),
            at=at,
        )
        return _told(request, made.id, status=201, headers={"Location": reverse("api-hold", args=[made.id])})


class OneHold(Face):
    @endpoint(gives=shapes.Hold)
    def get(self, request: Request, hold_id: UUID) -> Response:
        """One hold."""
        return Response(hold_record(held.hold(scope=self.reader(request), hold_id=hold_id)))


class Settle(Face):
    @endpoint(gives=shapes.Hold, takes=shapes.Settle, problems=(errors.HoldClosed,))
    def post(self, request: Request, hold_id: UUID, body: dict[str, Any]) -> Response:
        """Charge what the work used. The same report again gives the same answer."""
        actions.settle(scope=self.scope(request), hold_id=hold_id, usage=_usage(body), at=now())
        return _told(request, hold_id)


class Release(Face):
    @endpoint(gives=shapes.Hold, takes=shapes.Release, problems=(errors.HoldClosed,))
    def post(self, request: Request, hold_id: UUID, body: dict[str, Any]) -> Response:
        """Give everything back."""
        actions.release(scope=self.scope(request), hold_id=hold_id, because=body["because"], at=now())
        return _told(request, hold_id)


class Prices(Face):
    @endpoint(gives=shapes.Prices, query=shapes.PriceQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What one unit costs, with history; with `as_of` only what was in force then."""
        return Response(_prices(queries.prices(scope=self.reader(request), as_of=asked.get("as_of"))))

    @endpoint(gives=shapes.Prices, takes=shapes.SetPrice, problems=(errors.PriceThere,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Set a price from now, or from a later moment, on."""
        scope = self.scope(request)
        actions.set_price(scope=scope, at=now(), **{**body, "usd": decimal(body["usd"], "usd")})
        with reading(request._request):
            return Response(_prices(queries.prices(scope=scope)))


def decimal(value: Any, name: str) -> Decimal:
    """A number as it came in a body: text, or a JSON number. Raises `BadAmount`."""
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return Decimal(str(value))
    except InvalidOperation:
        pass
    raise BadAmount(
        f"{name} is not a decimal number. Give one, such as 0.25.", problems=((f"/{name}", "is no number"),)
    )


def _usage(body: Mapping[str, Any]) -> Usage:
    seconds = body["compute_seconds"]
    said = {
        "compute_seconds": None if seconds is None else decimal(seconds, "compute_seconds"),
        "api_calls": body["api_calls"],
    }
    if models := body["models"]:
        tokens = {one["model"]: Tokens(one["input_tokens"], one["output_tokens"]) for one in models}
        return of_models(tokens, **said)
    return Usage(body["input_tokens"], body["output_tokens"], body["model"], **said)


def _told(request: Request, hold_id: UUID, **options: Any) -> Response:
    with reading(request._request):
        line = held.hold(scope=scope_of(request._request), hold_id=hold_id)
    return Response(hold_record(line), **options)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise unknown_cursor() from error


def _plan(line: queries.PlanLine) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "resource_type": line.type,
        "window_type": line.window,
        "total_budget": str(line.total),
        "system_quotas": line.system_quotas,
        "alert_threshold": str(line.alert_threshold),
        "is_limit": line.is_limit,
        "updated_at": line.updated_at,
        "updated_by": line.updated_by,
    }


def _prices(lines: tuple[queries.PriceLine, ...]) -> Mapping[str, Any]:
    return {
        "results": [
            {
                "id": str(line.id),
                "measure": line.measure,
                "model": line.model,
                "usd": format(line.usd.normalize(), "f"),
                "from_at": line.from_at,
                "set_by": line.set_by,
            }
            for line in lines
        ]
    }
