"""The web server as a child, and whether it answers."""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import sys

from tarsweb.supervisor.errors import StartError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def reachable(host: str) -> str:
    """A name under which this machine reaches a server bound to `host`, as in a URL."""
    name = _ANYWHERE.get(host, host)
    return f"[{name}]" if ":" in name else name


def argv(host: str, port: int) -> list[str]:
    """gunicorn with two processes of four patient threads; no control socket (two clones would fight for it)."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = "--workers 2 --threads 4 --timeout 30 --graceful-timeout 8 --no-control-socket"
    logs = "--access-logfile - --error-logfile - --capture-output"
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        bind,
        *options.split(),
        "--worker-class",
        "tarsweb.supervisor.patient.PatientWorker",
        *logs.split(),
        "tarsweb.wsgi:application",
    ]


def check_port(host: str, port: int, *, setting: str = "") -> None:
    """Raise StartError unless a server may listen there. `setting` names the variable that chose it, if not the usual ones."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise StartError(_why_not(host, port, error, setting)) from error


def _why_not(host: str, port: int, error: OSError | OverflowError, setting: str) -> str:
    other = port + 1 if 1024 <= port < 65535 else 8000
    choose = (
        f"Choose another: {setting}." if setting else f"Choose another: `tars up --port {other}`, or set TARS_PORT."
    )
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program. {choose}"
        case errno.EACCES:
            return f"You may not listen on port {port}; ports below 1024 need root. {choose}"
        case None:
            return f"{port} is no port number. {choose}"
        case _:
            return f"This machine has no address {host}. Use `--host 127.0.0.1` (only this machine) or one it has."


def is_answering(host: str, port: int, *, seconds: float = 5.0) -> bool:
    """Whether anything below 500 comes back for `/healthz` in time (a redirect or a refused name is an answer too)."""
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=seconds)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
