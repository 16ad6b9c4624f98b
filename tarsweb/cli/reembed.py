"""`tars reembed`: make every vector anew with the installation's embedder, while the router serves on.

Exit codes: 0 everything is of that embedder, 1 it failed (what is done stays done), 2 wrong use or no database.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from tarsweb.cli.database import database, fail, say
from tarsweb.cli.remote import Json

_BATCH: Final = 100
_EXECUTIONS: Final = 1_000


def register(app: typer.Typer) -> None:
    """Add the command `reembed` to an application."""
    app.command("reembed")(reembed)


def reembed(
    tenant: Annotated[str, typer.Option(help="A tenant by name, domain or id; every one if left out.")] = "",
    executions: Annotated[
        bool, typer.Option("--executions", help="Executions too, now; else the worker does them bit by bit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Switch to the embedder that TARS_EMBEDDER names: rules and systems are embedded beside what serves, then change at once.

    Killed, it goes on where it was. Progress goes to standard error.

    Example:  TARS_EMBEDDER=openai tars reembed --json
    """
    with database():
        from governance.errors import DomainError

        found, failure = [], ""
        try:
            for id, name in tenants(tenant):
                found.append(_switched(id, name, with_executions=executions))
        except DomainError as error:
            failure = error.sentence
    answer = {"tenants": found, "error": failure}
    say(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else "\n".join(map(_line, found)))
    if failure:
        print(failure, file=sys.stderr)
        raise typer.Exit(1)


def tenants(wanted: str) -> list[tuple[UUID, str]]:
    from django.utils import timezone

    from tarsweb.platform.queries import called_here

    found = [(one.id, one.name) for one in called_here(wanted, at=timezone.now())]
    if wanted and not found:
        fail(f"There is no tenant called {wanted}.")
    return found


def _switched(tenant_id: UUID, name: str, *, with_executions: bool) -> dict[str, Any]:
    from django.utils import timezone

    from governance.scope import tars_scope
    from routing.learning import reembedding
    from routing.router import embedding, large, switching

    begun, made = switching.standing(tenant_id=tenant_id), 0
    while (now := switching.standing(tenant_id=tenant_id)).is_under_way:
        print(f"{name}: rules and systems {now.done:,} of {now.total:,}", file=sys.stderr, flush=True)
        made += switching.advance(tenant_id=tenant_id, most=_BATCH)
    made += embedding.embed_rules(tenant_id=tenant_id) + embedding.embed_systems(tenant_id=tenant_id)
    large.keep_index(tenant_id=tenant_id)
    scope = tars_scope(tenant_id)
    if begun.former or with_executions:
        reembedding.begin(scope=scope, at=timezone.now())
    anew = _executions(scope, name) if with_executions else 0
    return {
        "tenant": name,
        "former": begun.former,
        "model": now.model,
        "rules_and_systems": made,
        "of": now.total,
        "executions": anew,
        "executions_left": _left(scope),
    }


def _executions(scope: Any, name: str) -> int:
    from django.utils import timezone

    from governance.tenancy import in_tenant
    from routing.learning import reembedding

    made = 0
    while True:
        made += reembedding.advance(scope=scope, most=_EXECUTIONS, at=timezone.now())
        with in_tenant(scope.tenant_id):
            now = reembedding.standing(scope=scope)
        if now is None or now.finished_at is not None:
            return made
        print(f"{name}: executions {now.done:,} of {now.total:,}", file=sys.stderr, flush=True)


def _left(scope: Any) -> int | None:
    """Executions that the worker has still to look at; None where it has not begun."""
    from governance.tenancy import in_tenant
    from routing.learning import reembedding

    with in_tenant(scope.tenant_id):
        now = reembedding.standing(scope=scope)
    if now is None or (now.finished_at is None and now.total == now.done):
        return None
    return 0 if now.finished_at else max(0, now.total - now.done)


def _line(one: dict[str, Any]) -> str:
    said = f"from {one['former']} to {one['model']}" if one["former"] else f"all of {one['model']}"
    made = f"{one['rules_and_systems']:,} rules and systems and {one['executions']:,} executions made anew"
    left = one["executions_left"]
    count = "Executions" if left is None else f"{left:,} executions"
    return f"{one['tenant']}: {said}, {made}.{'' if left == 0 else f' {count} follow in the background.'}"
