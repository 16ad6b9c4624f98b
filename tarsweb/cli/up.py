"""`tars up`, `stop`, `status`, `logins`, `psql`: the running product, from a terminal."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

Host = Annotated[str, typer.Option(envvar="TARS_HOST", help="Where to listen; 127.0.0.1 is this machine only.")]
Port = Annotated[int, typer.Option(envvar="TARS_PORT", help="The web server's port.")]
NoDemo = Annotated[bool, typer.Option("--no-demo", help="Start empty on the first run.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `tars` command line. A refusal leaves them as a DomainError."""
    app.command()(up)
    app.command()(stop)
    app.command()(status)
    app.command()(logins)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(psql)


def up(host: Host = "127.0.0.1", port: Port = 8000, no_demo: NoDemo = False) -> None:
    """Start the database, the web server and the task worker; Ctrl-C stops them all."""
    from tarsweb.home import Home
    from tarsweb.supervisor.console import Console
    from tarsweb.supervisor.run import Options, Supervisor

    options = Options(host=host, port=port, demo=not no_demo)
    raise typer.Exit(Supervisor(options, home=Home(), console=Console()).run())


def stop() -> None:
    """Stop the TARS that runs on this data folder."""
    from tarsweb.home import Home
    from tarsweb.supervisor.remote import stop_running

    typer.echo(stop_running(Home()))


def status(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False) -> None:
    """Say whether TARS runs on this data folder, where, and how its runner does."""
    from datetime import UTC, datetime

    from tarsweb.home import Home
    from tarsweb.supervisor.remote import runner_load, running_address

    home, at = Home(), datetime.now(UTC)
    address = running_address(home)
    found = runner_load(home, at=at) if address else None
    if as_json:
        typer.echo(json.dumps({"address": address, "home": str(home.path), "runner": found and found.as_json(at)}))
    else:
        typer.echo(f"TARS is at {address} (data in {home.path})" if address else f"TARS is not running on {home.path}.")
        if address:
            typer.echo(found.sentence(at) if found else "How the runner does is unknown: the database does not answer.")
    raise typer.Exit(0 if address else 1)


def logins() -> None:
    """Show the demo's logins again; only while TARS listens on this machine alone."""
    from tarsweb.home import Home
    from tarsweb.supervisor.remote import demo_logins

    typer.echo(demo_logins(Home()))


def psql(context: typer.Context, role: Annotated[str, typer.Option(help="app, owner or super")] = "app") -> None:
    """Open the embedded database in psql; what follows is passed on."""
    from tarsweb.embedded.binaries import wheel_install
    from tarsweb.home import USERS, database_url

    if role not in USERS:
        raise typer.BadParameter("use app, owner or super", param_hint="--role")
    program = str(wheel_install() / "bin" / "psql")
    sys.stdout.flush()
    os.execv(program, [program, database_url(role=role), *context.args])  # type: ignore[arg-type]
