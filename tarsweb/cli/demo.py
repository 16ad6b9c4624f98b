"""`tars demo`: take the demo away again."""

from __future__ import annotations

from typing import Annotated

import typer

Sure = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the group `demo` to an application."""
    group = typer.Typer(
        name="demo",
        help="The demo's tenants and people.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.callback()(_group)
    group.command("remove")(remove)
    app.add_typer(group)


def _group() -> None:
    """The demo's tenants and people."""


def remove(yes: Sure = False) -> None:
    """Close the demo's tenants and end its people's sign-in. The record stays: nothing deletes one."""
    from tarsweb.home import Home
    from tarsweb.supervisor.remote import demo_removal

    if not yes:
        typer.confirm("Close every demo tenant for good?", abort=True)
    typer.echo(demo_removal(Home()))
