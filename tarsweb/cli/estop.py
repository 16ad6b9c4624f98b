"""`tars estop list | stop | lift`: the red button of a server, over its API.

Exit codes: 0 done, 1 refused or failed, 2 wrong use.
"""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer

from tarsweb.cli.remote import Json, Limit, connected, print_json, print_rows

Reason = Annotated[str, typer.Option("--reason", help="Why; it stands on the ledger.")]


def register(app: typer.Typer) -> None:
    """Add the group `estop` to an application."""
    settings: dict[str, Any] = {"no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}
    group = typer.Typer(name="estop", help="Stop everything or one system of a server; lift a stop.", **settings)
    group.command("list")(list_)
    group.command("stop")(stop)
    group.command("lift")(lift)
    app.add_typer(group)


def list_(
    is_all: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what is stopped now, newest first."""
    with connected() as tars:
        rows = list(islice(tars.estops(state="" if is_all else "in_force"), limit))
    shown = [{**row, "system": row["system"] or "everything"} for row in rows]
    columns = ("id", "system", "stopped_at", "stopped_by", "reason", *(("lifted_at",) if is_all else ()))
    print_rows(rows if as_json else shown, columns, as_json=as_json)


def stop(
    reason: Reason,
    system: Annotated[str, typer.Argument(metavar="[SYSTEM]", help="One system; use --everything for all.")] = "",
    is_everything: Annotated[bool, typer.Option("--everything", help="Everything in the tenant.")] = False,
    as_json: Json = False,
) -> None:
    """Stop one system, or everything, now. It takes a token that holds `stop`.

    Example:  tars estop stop clay-consigliere --reason "It pays twice."
    """
    if bool(system) == is_everything:
        raise typer.BadParameter("Name the system to stop, or say --everything.")
    with connected() as tars:
        made = tars.press_estop(system=system or None, reason=reason)
    if as_json:
        print_json(made)
    else:
        print(f"{system or 'Everything'} is stopped. Another person lifts it: tars estop lift {made['id']} --reason …")


def lift(
    stop_id: Annotated[str, typer.Argument(metavar="ID", help="The stop's id, as `tars estop list` shows it.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Let what was stopped run again. It takes a token that holds `lift_stop`, of another person than pressed."""
    with connected() as tars:
        found = tars.lift_estop(stop_id, reason=reason)
    if as_json:
        print_json(found)
    else:
        print(f"The stop of {found['system'] or 'everything'} is lifted.")
