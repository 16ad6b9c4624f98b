"""`tars route "text"`: who would get a request, in this installation's database or on a server. Nothing is kept or done.

Exit codes: 0 somebody gets it, 1 nobody does or refused, 2 wrong use or no database.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tarsweb.cli.database import database, fail, say
from tarsweb.cli.remote import Json, connected, is_remote

_BAR = 20


def register(app: typer.Typer) -> None:
    """Add the command `route` to an application."""
    app.command("route")(route)


def route(
    text: Annotated[str, typer.Argument(help="The request, in a sentence.")],
    action: Annotated[str, typer.Option(help="What the system is asked to do; by the words if left out.")] = "",
    system: Annotated[str, typer.Option(help="The one that must do it.")] = "",
    tenant: Annotated[str, typer.Option(help="A tenant by name or id, where the database holds several.")] = "",
    as_json: Json = False,
) -> None:
    """Show who would get a request: the decision, every score, what speaks against the others, the probable cost.

    Examples:  tars route "Audit payroll compliance"
    tars --server https://tars.example --token-file FILE route "Audit payroll compliance" --json
    """
    if is_remote():
        with connected() as tars:
            found = tars.route(text, action=action, system=system)
    else:
        with database():
            found = _here(text, action=action, system=system, tenant=tenant)
    say(json.dumps(found, ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(found)))
    if found["chosen"] is None:
        raise typer.Exit(1)


def _here(text: str, *, action: str, system: str, tenant: str) -> dict[str, Any]:
    from django.utils import timezone

    from governance.scope import tars_scope
    from governance.tenancy import in_tenant
    from routing.router.queries import choose
    from tarsweb.platform.queries import called_here

    at = timezone.now()
    lines = called_here(tenant, at=at)
    if len(lines) != 1:
        known = ", ".join(line.name for line in lines[:5]) or "none of that name"
        fail(f"Say which tenant with --tenant: there are {known}.")
    scope = tars_scope(lines[0].id)
    with in_tenant(scope.tenant_id):
        return choose(scope=scope, text=text, action=action, wanted=system, at=at).as_json()


def _lines(found: dict[str, Any]) -> list[str]:
    said = [found["sentence"], f"Threshold {found['threshold']:.2f}, model {found['model']}.", ""]
    for one in found["candidates"]:
        mark = "→" if one["name"] == found["chosen"] else " "
        bar = "█" * round(one["score"] * _BAR)
        cost = f"  ${float(one['predicted']['cost_usd']):.4f}" if one["predicted"] else ""
        said.append(f"{mark} {one['score']:.2f} {bar:<{_BAR}} {one['name']}  {one['source']}  {one['action']}{cost}")
        said += [f"       {veto['sentence']}" for veto in one["vetoes"]]
    return said
