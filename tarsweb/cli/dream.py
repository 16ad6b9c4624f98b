"""`tars dream …`: nights of this installation, and what nights of a server found."""

from __future__ import annotations

from typing import Any

import typer

from tarsweb.cli import dream_night, dream_report


def register(app: typer.Typer) -> None:
    """Add the group `dream` to an application."""
    settings: dict[str, Any] = {"no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}
    group = typer.Typer(name="dream", help="Nights: what they found, plan one, work one here.", **settings)
    dream_report.add(group)
    dream_night.add(group)
    app.add_typer(group)
