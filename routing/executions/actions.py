from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from governance import sql
from governance.errors import DomainError, NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.registry.stones import demand_whole
from governance.scope import ActorKind, Capability, Scope, system_of
from routing.executions import asked as asked_of
from routing.executions import due
from routing.executions.asked import MOST_HOPS, Asked, TooDeep
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage


class KeyTaken(DomainError):
    """The key names another request."""

    code = "key_taken"
    status = 422


class NotWorking(DomainError):
    """Work is handed on only by the system that is at work on it."""

    code = "not_working"


class GoesInCircles(DomainError):
    """A system would work on its own behalf."""

    code = "goes_in_circles"


@governed("executions.handle")
def handle(
    *,
    scope: Scope,
    text: str,
    at: datetime,
    key: str = "",
    input: Any = None,
    system: str = "",
    action: str = "",
    session: str = "",
    parent_id: UUID | None = None,
    channel: str = "api",
) -> ExecutionRequest:
    """Take a request on and answer at once; a runner works on it. `key` names it for good: the same request again gives the
    row that is there.

    `system` and `action` leave nothing to route or to guess. `parent_id`: the system that is at work on that request hands
    part of it on. `channel` says through what it came, for the rules. Raises `NotAllowed`, `Invalid`, `NotFound` (no such system
    or parent), `KeyTaken`, `NotWorking`, `TooDeep`, `GoesInCircles`.
    """
    scope.demand(Capability.REQUEST, to="hand in a request")
    asked = Asked(text=text, input=input, system=system, action=action, session=session, parent_id=parent_id)
    asked_of.check(asked, key=key)
    id = new_id(at)
    name = f"{scope.actor.user_id or 'tars'}/{key or id}"
    if key and (known := _known(scope, name, asked)):
        return known
    request = _request(scope, asked, id=id, key=name, channel=channel, at=at)
    if not key:
        _write(request)
    elif not _is_new(request):
        return _known(scope, name, asked) or request
    return request


def _write(request: ExecutionRequest) -> None:
    put = due.putting(tenant_id=request.tenant_id, request_id=request.id, at=request.created_at)
    sql.soon(sql.insertion(request), put)


def _known(scope: Scope, key: str, asked: Asked) -> ExecutionRequest | None:
    found = ExecutionRequest.objects.filter(tenant_id=scope.tenant_id, key=key).first()
    if found is not None and found.body_digest != asked.body_digest:
        raise KeyTaken("This key named another request before. Take a new key for a new request.")
    return found


def _request(scope: Scope, asked: Asked, *, id: UUID, key: str, channel: str, at: datetime) -> ExecutionRequest:
    if asked.system:
        system = (
            System.objects.only("name", "lifecycle_state").filter(tenant_id=scope.tenant_id, name=asked.system).first()
        )
        if system is None:
            raise NotFound(f"There is no system {asked.system}. The list of systems shows those there are.")
        demand_whole(system)
    parent = _parent(scope, asked)
    if parent is not None and asked.system and _is_in(parent.routing_path, asked.system, scope=scope):
        raise GoesInCircles(
            f"{asked.system} is at work on this already. Hand it to another system, or let TARS choose."
        )
    return received(scope, asked, parent=parent, id=id, key=key, channel=channel, at=at)


def received(
    scope: Scope,
    asked: Asked,
    *,
    parent: ExecutionRequest | None,
    id: UUID,
    key: str,
    channel: str,
    at: datetime,
) -> ExecutionRequest:
    """The row of a request at its beginning, not saved yet."""
    return sql.made(
        ExecutionRequest,
        id=id,
        tenant_id=scope.tenant_id,
        key=key,
        body_digest=asked.body_digest,
        user_request=asked.text,
        input_data=asked.input,
        wanted_system=asked.system,
        action=asked.action,
        session=asked.session,
        requested_by=scope.actor.name,
        user_id=scope.actor.user_id,
        accountable_id=parent.accountable_id if parent else scope.actor.accountable_id,
        parent_id=parent.id if parent else None,
        depth=parent.depth + 1 if parent else 0,
        routing_path=parent.routing_path if parent else [],
        stage=Stage.RECEIVED.value,
        steps=[_first_step(scope, channel=channel, at=at)],
        created_at=at,
        updated_at=at,
    )


def _first_step(scope: Scope, *, channel: str, at: datetime) -> dict[str, str]:
    sentence = f"{scope.actor.name} asked for this."
    return {"at": at.isoformat(), "step": "received", "sentence": sentence, "channel": channel}


def _parent(scope: Scope, asked: Asked) -> ExecutionRequest | None:
    """The request that is handed on, locked, so that it does not end meanwhile."""
    if asked.parent_id is None:
        return None
    rows = ExecutionRequest.objects.select_for_update(of=("self",)).select_related("system")
    parent = rows.filter(tenant_id=scope.tenant_id, id=asked.parent_id).first()
    if parent is None:
        raise NotFound("There is no such request to hand on.")
    if scope.actor.kind is not ActorKind.SYSTEM:
        raise NotAllowed("Only the system that is at work on a request hands part of it on.")
    if parent.stage != Stage.CALLING.value or parent.system is None or parent.system.name != system_of(scope.actor):
        raise NotWorking(f"{system_of(scope.actor)} is not at work on that request, so it cannot hand part of it on.")
    if parent.depth >= MOST_HOPS:
        raise TooDeep(f"Work is handed on at most {MOST_HOPS} times. Answer with what there is, or say that it failed.")
    if not parent.has_parts:
        ExecutionRequest.objects.filter(tenant_id=scope.tenant_id, id=parent.id).update(has_parts=True)
    return parent


def _is_in(path: list[UUID], name: str, *, scope: Scope) -> bool:
    return System.objects.filter(tenant_id=scope.tenant_id, id__in=path, name=name).exists()


def _is_new(request: ExecutionRequest) -> bool:
    """Write the row; False when one of its key is there, also one that another transaction committed a moment ago."""
    try:
        with transaction.atomic():
            _write(request)
    except IntegrityError as error:
        if "execution_requests_key" not in str(error):
            raise
        return False
    return True
