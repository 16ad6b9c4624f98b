"""REST over what people do to nights (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from dreams.cycles import acting, bounding, frozen, planning, promoting, regression, settings, stopping, wishes
from dreams.cycles import shapes_acts as shapes
from dreams.cycles.calendar import next_window
from dreams.cycles.choices import Aim, Chosen
from dreams.cycles.export_acts import bar_record, frozen_record
from dreams.cycles.models import DreamCycle, DreamWish
from dreams.cycles.promoting import NotPromotable
from dreams.cycles.sampling import NotDreamable
from dreams.cycles.stopping import NightOver
from dreams.cycles.window import path_of
from dreams.cycles.wishes import NotTestable
from dreams.verdict.observed import Metric
from governance.constitution import sense
from governance.constitution.values import MISSING
from governance.errors import Invalid
from governance.registry.models import System
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading


class Plan(Face):
    @endpoint(gives=shapes.PlannedNight, status=201, takes=shapes.NewNight, problems=(NotDreamable,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Plan a night; what decides is written down before it begins."""
        made = planning.plan(
            scope=self.scope(request),
            system_name=body["system"],
            starts_at=body.get("starts_at"),
            hours=body.get("hours"),
            seed=body.get("seed"),
            at=now(),
        )
        return Response(night_record(made), status=201)


class Stop(Face):
    @endpoint(gives=shapes.PlannedNight, takes=shapes.Reasoned, problems=(NightOver, ReasonMissing))
    def post(self, request: Request, cycle_id: str, body: dict[str, Any]) -> Response:
        """Stop a planned or running night."""
        made = stopping.stop(scope=self.scope(request), cycle_id=cycle_id, reason=body["reason"], at=now())
        return Response(night_record(made))


class Propose(Face):
    @endpoint(gives=shapes.Proposed, problems=(NotPromotable,))
    def post(self, request: Request, dream_id: UUID) -> Response:
        """A dream that its plan found worth promoting becomes an amendment."""
        made = promoting.propose(scope=self.scope(request), dream_id=dream_id, at=now())
        return Response({"amendment": made.label, "state": made.state, "url": f"/amendments/{made.label}/"})


class Bar(Face):
    @endpoint(gives=shapes.BarredChange, takes=shapes.Reasoned, problems=(wishes.Barred, ReasonMissing))
    def post(self, request: Request, dream_id: UUID, body: dict[str, Any]) -> Response:
        """Never again."""
        made = wishes.bar(scope=self.scope(request), dream_id=dream_id, reason=body["reason"], at=now())
        return Response(bar_record(made))


class Bars(Face):
    @endpoint(gives=shapes.BarredChange, query=shapes.OfSystem, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """What no dream tries again by somebody's word, newest first."""
        limit, after = paging(request)
        rows = acting.bars(scope=self.reader(request), system=asked.get("system", "")).order_by("-id")
        found = list((rows.filter(id__lt=_uuid(after)) if after else rows)[: limit + 1])
        next_after = str(found[limit - 1].id) if len(found) > limit else None
        return paged(request, [bar_record(one) for one in found[:limit]], next_after=next_after)


class Lift(Face):
    @endpoint(gives=shapes.BarredChange, takes=shapes.Reasoned, problems=(ReasonMissing,))
    def post(self, request: Request, bar_id: UUID, body: dict[str, Any]) -> Response:
        """Let it be dreamed again."""
        made = wishes.lift(scope=self.scope(request), bar_id=bar_id, reason=body["reason"], at=now())
        return Response(bar_record(made))


class Wishes(Face):
    @endpoint(gives=shapes.Wished, query=shapes.OfSystem, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Tests that wait for the next night, newest first."""
        limit, after = paging(request)
        rows = acting.wishes_open(scope=self.reader(request), system=asked.get("system", ""))
        found = list((rows.filter(id__lt=_uuid(after)) if after else rows)[: limit + 1])
        next_after = str(found[limit - 1].id) if len(found) > limit else None
        return paged(request, [wish_record(one) for one in found[:limit]], next_after=next_after)

    @endpoint(gives=shapes.Wished, status=201, takes=shapes.NewWish, problems=(NotTestable,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Test this in the next night of the system."""
        made = wishes.ask(
            scope=self.scope(request),
            system_name=body["system"],
            changes=body["changes"],
            note=body.get("note", ""),
            at=now(),
        )
        return Response(wish_record(made), status=201)


class Withdraw(Face):
    @endpoint(gives=shapes.Wished)
    def post(self, request: Request, wish_id: UUID) -> Response:
        """Take a test back that was not dreamed yet."""
        return Response(wish_record(wishes.withdraw(scope=self.scope(request), wish_id=wish_id, at=now())))


class Settings(Face):
    @endpoint(gives=shapes.Nights)
    def get(self, request: Request) -> Response:
        """How nights go."""
        return Response(_nights(self.reader(request)))

    @endpoint(gives=shapes.Nights, takes=shapes.NightsChange, problems=(ReasonMissing,))
    def patch(self, request: Request, body: dict[str, Any]) -> Response:
        """Change it; what is not given stays. It holds for nights planned later."""
        scope, reason = self.scope(request), body.pop("reason")
        with reading(request._request):
            aims = _aims(scope, body.pop("aims", {}))
        settings.change(scope=scope, changes=body, aims=aims, reason=reason, at=now())
        with reading(request._request):
            return Response(_nights(scope))


class Regression(Face):
    @endpoint(gives=shapes.FrozenSet)
    def get(self, request: Request, name: str) -> Response:
        """The requests that every night of a system tries."""
        return Response(_set(self.reader(request), name))

    @endpoint(gives=shapes.FrozenSet, takes=shapes.Execution)
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Let every night try a recorded execution."""
        scope, key = self.scope(request), str(body["execution_id"])
        regression.freeze(scope=scope, system_name=name, request_key=key, at=now())
        with reading(request._request):
            return Response(_set(scope, name))


class TakeOut(Face):
    @endpoint(gives=shapes.FrozenSet, takes=shapes.Execution)
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """No night has to try it any more."""
        scope, key = self.scope(request), str(body["execution_id"])
        regression.thaw(scope=scope, system_name=name, request_key=key, at=now())
        with reading(request._request):
            return Response(_set(scope, name))


class Tunable(Face):
    @endpoint(gives=shapes.Bounds)
    def get(self, request: Request, name: str) -> Response:
        """What dreams may move in a system, and what they would try. It is changed by an amendment."""
        scope = self.reader(request)
        system = acting.system_named(scope=scope, name=name)
        found = {
            "system": system.name,
            "constitution_version": system.constitution_version,
            "places": [_place(one) for one in bounding.rows(system.constitution)],
            "protected": sorted(sense.protected(system.constitution)),
            "why_not": acting.why_not(scope=scope, name=name),
        }
        return Response(found)


def night_record(row: DreamCycle) -> dict[str, Any]:
    return {
        "cycle_id": row.cycle_id,
        "system": row.system.name,
        "state": row.state,
        "starts_at": utc(row.starts_at),
        "deadline_at": utc(row.deadline_at),
        "planned_by": row.planned_by,
        "plan_digest": row.plan_digest,
        "most_runs": row.most_runs,
        "stopped_because": row.stopped_because,
        "url": path_of(row.cycle_id),
    }


def wish_record(row: DreamWish) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "system": row.system.name,
        "changes": row.changes,
        "sentence": row.sentence,
        "asked_by": row.asked_by,
        "asked_at": utc(row.asked_at),
        "withdrawn_at": utc(row.withdrawn_at),
    }


def _place(row: bounding.Row) -> dict[str, Any]:
    return {
        "pointer": row.pointer,
        "bounds": dict(row.bounds),
        "today": None if row.today is MISSING else row.today,
        "tries": list(row.tries),
        "stuck": row.stuck,
    }


def _nights(scope: Scope) -> dict[str, Any]:
    chosen, latest = settings.chosen(scope=scope), settings.latest(scope=scope)
    begins, ends = next_window(scope=scope, chosen=chosen, at=now())
    return {
        **chosen.as_json(),
        "aims": _named(scope, chosen),
        "next_from": utc(begins),
        "next_until": utc(ends),
        "updated_at": utc(latest.updated_at) if latest else None,
        "updated_by": latest.updated_by if latest else "",
    }


def _named(scope: Scope, chosen: Chosen) -> dict[str, Any]:
    rows = System.objects.filter(tenant_id=scope.tenant_id, id__in=list(chosen.aims))
    return {name: chosen.aims[str(id)].as_json() for id, name in rows.values_list("id", "name")}


def _aims(scope: Scope, said: dict[str, Any]) -> dict[str, Aim]:
    """By system name; what is not said of a system stays. Raises `Invalid`, `NotFound`."""
    chosen = settings.chosen(scope=scope)
    return {name: _aim(scope, chosen, name, one) for name, one in said.items()}


def _aim(scope: Scope, chosen: Chosen, name: str, said: Any) -> Aim:
    body = shapes.AimChange(data=said)
    if not body.is_valid():
        problems = tuple((f"/aims/{name}/{key}", str(found[0])) for key, found in body.errors.items())
        raise Invalid("An aim has is_on, primary, minimum_effect and planned_effect.", problems=problems)
    before = chosen.aim_of(acting.system_named(scope=scope, name=name).id).as_json()
    after = {**before, **body.validated_data}
    return Aim.of({**after, "primary": Metric(after["primary"]).value})


def _set(scope: Scope, name: str) -> dict[str, Any]:
    system = acting.system_named(scope=scope, name=name)
    found = [frozen_record(one) for one in frozen.lines(scope=scope, system=system)]
    return {"system": system.name, "most": regression.MOST, "requests": found}


def _uuid(after: Any) -> UUID:
    try:
        return UUID(str(after))
    except ValueError:
        raise unknown_cursor() from None
