"""`tars mcp --http` as a child, where `TARS_MCP` says so. It gets the web server's address and no secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from tarsweb.supervisor import web
from tarsweb.supervisor.errors import StartError
from tarsweb.supervisor.service import RUN_VARIABLE

_PASSED_ON = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "VIRTUAL_ENV", RUN_VARIABLE)


def argv(listen: str, *, server: str, hosts: Sequence[str]) -> list[str]:
    """The command that serves the tools at `listen`, HOST:PORT, for the API at `server`.

    Raises StartError for a place where it cannot listen, and for an API that takes no token: one over http elsewhere.
    """
    host, _, port = listen.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise StartError(f"TARS_MCP is HOST:PORT, such as 127.0.0.1:8001; {listen} is not.")
    address = urlsplit(server)
    if address.scheme != "https" and address.hostname not in web.LOOPBACK:
        raise StartError(
            f"TARS_MCP needs an API that takes a token, and {server} is http on a network. Set TARS_PUBLIC_URL to the https "
            "address, or listen on 127.0.0.1."
        )
    web.check_port(host.strip("[]"), int(port), setting="TARS_MCP")
    names = [part for name in hosts for part in ("--allow-host", name)]
    return [sys.executable, "-m", "tarsweb.cli", "--server", server, "mcp", "--http", listen, *names]


def chosen() -> str:
    """Where it shall listen; "" for not at all."""
    return os.environ.get("TARS_MCP", "").strip()


def allowed() -> list[str]:
    """The names under which a proxy passes requests on."""
    return [name.strip() for name in os.environ.get("TARS_MCP_HOSTS", "").split(",") if name.strip()]


def bare(env: Mapping[str, str]) -> dict[str, str]:
    """What of an environment it needs: neither database nor key."""
    return {name: env[name] for name in _PASSED_ON if name in env}
