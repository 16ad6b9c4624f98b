"""`tars mcp`: TARS as a Model Context Protocol server, over standard input and output or over HTTP (docs/mcp.md)."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tarsweb.cli.remote import here_or_named, token_or

Http = Annotated[str, typer.Option("--http", metavar="HOST:PORT", help="Listen here instead of on standard input.")]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="A name under which a TLS proxy passes requests on; repeat it."),
]


def register(app: typer.Typer) -> None:
    """Add the command `mcp` to an application."""
    app.command("mcp")(mcp)


def mcp(http: Http = "", allow_host: Hosts = None) -> None:
    """Offer the tools of TARS to an agent over the Model Context Protocol.

    It speaks to the TARS that --server or TARS_SERVER names, else to the one that runs on this data folder. On standard
    input its token is in the file of --token-file, or in TARS_TOKEN. With --http every request brings its own token.

    Example:  tars --server https://tars.example --token-file token mcp
    """
    server = here_or_named()
    if http:
        return _over_http(server, http, allow_host or [])
    token = token_or(os.environ.pop("TARS_TOKEN", ""))
    import anyio

    from tarsweb.mcp.gateway import Gateway
    from tarsweb.mcp.server import serve_stdio

    anyio.run(lambda: serve_stdio(Gateway(server), token=token))
    return None


def _over_http(server: str, address: str, hosts: list[str]) -> None:
    host, _, port = address.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise typer.BadParameter(f"{address} is not HOST:PORT, such as 127.0.0.1:8001.", param_hint="--http")
    from tarsweb.mcp import web
    from tarsweb.mcp.gateway import Gateway

    web.serve(Gateway(server), host=host.strip("[]"), port=int(port), hosts=hosts)
