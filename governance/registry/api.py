"""REST over systems and their versions (docs/api.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.constitution.schema import InvalidConstitution
from governance.registry import actions, impact, queries, shapes
from governance.registry.compare import compare
from governance.registry.models import Status, System, SystemType
from governance.registry.records import dependencies_record, impact_record, system_record, version_record
from governance.rest import Face, endpoint, paged, paging, tagged, unknown_cursor
from governance.scope import Capability, Scope
from governance.web import now, reading


class Systems(Face):
    @endpoint(gives=shapes.System, query=shapes.SystemQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Systems by name, without their constitutions."""
        scope = self.reader(request)
        limit, after = paging(request)
        filter = queries.SystemFilter(
            text=asked.get("q", ""), type=asked.get("type", ""), status=asked.get("status", "")
        )
        rows = queries.listed(scope=scope, filter=filter, after=after)
        found = list(rows[: limit + 1])
        digests = queries.digests(scope=scope, systems=found)
        results = [system_record(row, digest=digests[row.id], whole=False) for row in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].name if len(found) > limit else None)

    @endpoint(
        gives=shapes.WholeSystem,
        status=201,
        takes=shapes.Registration,
        problems=(actions.NameTaken, InvalidConstitution),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Register a system; its constitution becomes version 1."""
        scope = self.scope(request)
        made = actions.register_system(scope=scope, at=now(), **{**body, "type": SystemType(body["type"])})
        with reading(request._request):
            found = queries.system(scope=scope, name=made.name)
            record = system_record(found, digest=_digest(scope, found), whole=True)
        location = reverse("api-system", kwargs={"name": made.name})
        return Response(
            record, status=201, headers={"Location": location, "ETag": f'"{record["constitution_digest"]}"'}
        )


class OneSystem(Face):
    @endpoint(gives=shapes.WholeSystem, is_tagged=True)
    def get(self, request: Request, name: str) -> Response:
        """A system with its constitution; the ETag is the constitution's digest."""
        scope = self.reader(request)
        system = queries.system(scope=scope, name=name)
        digest = _digest(scope, system)
        return tagged(request, system_record(system, digest=digest, whole=True), digest=digest)


class Versions(Face):
    @endpoint(gives=shapes.Version, is_paged=True)
    def get(self, request: Request, name: str) -> Response:
        """Every version of a constitution, newest first, with what caused it."""
        scope = self.reader(request)
        limit, after = paging(request)
        rows = queries.versions(scope=scope, system=queries.system(scope=scope, name=name))
        if after:
            rows = rows.filter(number__lt=_number(after))
        found = [queries.version_of(row) for row in rows[: limit + 1]]
        results = [version_record(line) for line in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].number) if len(found) > limit else None)


class OneVersion(Face):
    @endpoint(gives=shapes.WholeVersion, is_tagged=True)
    def get(self, request: Request, name: str, number: int) -> Response:
        """One version with its constitution; the ETag is its digest."""
        scope = self.reader(request)
        found = queries.version(scope=scope, system=queries.system(scope=scope, name=name), number=number)
        record = {**version_record(found.line), "constitution": found.constitution}
        return tagged(request, record, digest=found.line.digest)


class Compare(Face):
    @endpoint(gives=shapes.Comparison, query=shapes.CompareQuery)
    def get(self, request: Request, name: str, asked: dict[str, Any]) -> Response:
        """What changed between two versions, each by its number or by a moment at which it held."""
        scope = self.reader(request)
        system = queries.system(scope=scope, name=name)
        latest = system.constitution_version
        old, new = (
            queries.version_at(scope=scope, system=system, text=asked.get(side, ""), default=default)
            for side, default in (("from", max(latest - 1, 1)), ("to", latest))
        )
        found = compare(old.constitution, new.constitution)
        return Response(
            {
                "old": version_record(old.line),
                "new": version_record(new.line),
                "sentence": found.sentence,
                "effect": str(found.effect),
                "changes": [asdict(one) for one in found.changes],
            }
        )


class Blame(Face):
    @endpoint(gives=shapes.Set, query=shapes.BlameQuery, is_paged=True)
    def get(self, request: Request, name: str, asked: dict[str, Any]) -> Response:
        """Every value of the constitution in force, with the version that last set it."""
        scope = self.reader(request)
        limit, after = paging(request)
        found = queries.values_set(
            scope=scope, system=queries.system(scope=scope, name=name), below=asked.get("pointer", "")
        )
        start = _number(after) if after else 0
        results = [
            {
                "pointer": one.pointer,
                "value": one.value,
                "version": version_record(one.line),
                "is_oldest": one.is_oldest,
            }
            for one in found[start : start + limit]
        ]
        return paged(request, results, next_after=str(start + limit) if len(found) > start + limit else None)


class Dependencies(Face):
    @endpoint(gives=shapes.Dependencies)
    def get(self, request: Request, name: str) -> Response:
        """What a system needs and what needs it: directly, and beyond."""
        return self._found(self.reader(request), name)

    @endpoint(gives=shapes.Dependencies, takes=shapes.Needs, problems=(actions.BadDependency,))
    def put(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Replace what a system depends on."""
        scope = self.scope(request)
        actions.set_dependencies(scope=scope, system_name=name, depends_on=body["depends_on"], at=now())
        with reading(request._request):
            return self._found(scope, name)

    def _found(self, scope: Scope, name: str) -> Response:
        scope.demand(Capability.READ_RECORD, to="read this")
        system = queries.system(scope=scope, name=name)
        return Response(dependencies_record(queries.dependencies(scope=scope, system=system)))


class SystemStatus(Face):
    @endpoint(gives=shapes.Impact)
    def get(self, request: Request, name: str) -> Response:
        """What hangs on a system: who needs and names it, rules, shared assets, and requests under way."""
        scope = self.reader(request)
        return Response(impact_record(impact.of(scope=scope, system=queries.system(scope=scope, name=name))))

    @endpoint(
        gives=shapes.Impact,
        takes=shapes.StatusChange,
        problems=(actions.HasStatus, actions.NotSeen, actions.StillWorking),
    )
    def post(self, request: Request, name: str, body: dict[str, Any]) -> Response:
        """Change whether it gets new work. `seen` is the digest of GET; the answer is what hangs on it, with the new status."""
        scope = self.scope(request)
        status = Status(body["status"])
        actions.change_status(
            scope=scope, system_name=name, status=status, reason=body["reason"], seen=body["seen"], at=now()
        )
        with reading(request._request):
            found = impact.of(scope=scope, system=queries.system(scope=scope, name=name))
            return Response(impact_record(found))


def _digest(scope: Scope, system: System) -> str:
    return queries.digests(scope=scope, systems=[system])[system.id]


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise unknown_cursor()
    return int(after)
