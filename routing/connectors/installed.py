"""What an agent of kind stdio may run: commands that the operator of this installation allows, and TARS's own.

`TARS_AGENT_COMMANDS` is a JSON object from a name to a command line with its whole path: `{"time": ["/opt/agents/time-server"]}`.
A connector names one; it may add arguments of its own only where the line ends with `"*"`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from routing.connectors import callable_agent

ANY: Final = "*"
TENANT: Final = "{tenant}"
"""Stands for the tenant's id in a command's environment."""


@dataclass(frozen=True, slots=True)
class Command:
    """One allowed command line."""

    line: tuple[str, ...]
    takes_arguments: bool = False
    title: str = ""
    cwd: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    """All of its environment beside the connector's secrets."""


_own: dict[str, Command] = {}


def register(
    name: str,
    line: Sequence[str],
    *,
    title: str = "",
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Offer a command that comes with TARS; called from `AppConfig.ready`, again without harm."""
    _own[name] = Command(tuple(line), title=title, cwd=cwd, env=dict(env or {}))


def register_own() -> None:
    """Offer the two agents that come with TARS, each with a folder of the tenant's own."""
    folders = settings.HOME.path / "agents" / TENANT
    for name, title in (("payroll", "Payroll agent"), ("knowledge", "Knowledge agent")):
        env = {f"TARS_{name.upper()}_DIR": str(folders / name)}
        line = (sys.executable, "-m", f"routing.agents.{name}")
        register(name, line, title=title, cwd=str(settings.BASE_DIR), env=env)


def functions() -> tuple[str, ...]:
    """The functions of this process that may be called as agents."""
    return tuple(sorted(callable_agent._agents))


def environment(command: Command, *, tenant_id: UUID) -> dict[str, str]:
    """The environment of a command for one tenant: what it keeps is that tenant's."""
    return {name: value.replace(TENANT, str(tenant_id)) for name, value in command.env.items()}


def commands() -> Mapping[str, Command]:
    """Every allowed command by its name; the operator's cannot take the name of TARS's own."""
    return {name: _command(line) for name, line in settings.AGENT_COMMANDS.items()} | _own


def checked(value: object) -> dict[str, list[str]]:
    """The setting, when it is one. Raises `ValueError` with a sentence."""
    if not isinstance(value, dict):
        raise ValueError('TARS_AGENT_COMMANDS is a JSON object such as {"time": ["/opt/agents/time-server"]}.')
    for name, line in value.items():
        if not isinstance(line, list) or not line or not all(isinstance(one, str) and one for one in line):
            raise ValueError(f"TARS_AGENT_COMMANDS: {name} is a list of the command and its arguments.")
        if not Path(line[0]).is_absolute():
            raise ValueError(f"TARS_AGENT_COMMANDS: give {name} with its whole path: it is looked up nowhere.")
    return {str(name): list(line) for name, line in value.items()}


def _command(line: Sequence[str]) -> Command:
    if len(line) > 1 and line[-1] == ANY:
        return Command(tuple(line[:-1]), takes_arguments=True)
    return Command(tuple(line))
