"""Making a new cluster: whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tarsweb.embedded import account
from tarsweb.embedded.account import Account
from tarsweb.embedded.errors import LaunchError
from tarsweb.embedded.processes import spawn

_DRAFT = "data.new."


def server_env(root: Path) -> dict[str, str]:
    """The server's whole environment: nothing of the user's, so that no PG* or locale setting leaks in."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(root), "LC_ALL": "C", "TZ": "UTC"}


def initialise(root: Path, *, install: Path, super_password: str, sync: bool) -> None:
    """Run initdb into a draft folder beside `data` and rename it: a start killed half-way leaves only drafts behind.

    SCRAM for every road in, page checksums, UTF-8 with the built-in C.UTF-8 rules (the same on every machine).
    Raises LaunchError.
    """
    for old in root.glob(f"{_DRAFT}*"):
        shutil.rmtree(old, ignore_errors=True)
    runner = account.initial_account()
    draft = root / f"{_DRAFT}{os.getpid()}"
    data, password_file = draft / "data", draft / "password"
    draft.mkdir(mode=0o700)
    try:
        _write_for(password_file, super_password, runner)
        if runner:
            os.chown(draft, *runner.pair)
        _run_initdb(data, install=install, password_file=password_file, runner=runner, sync=sync)
        if runner:
            account.make_private(data)
        data.rename(root / "data")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_for(path: Path, text: str, reader: Account | None) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        if reader:
            os.fchown(fd, *reader.pair)
        file.write(text)


def _run_initdb(
    data: Path,
    *,
    install: Path,
    password_file: Path,
    runner: Account | None,
    sync: bool,
) -> None:
    argv: list[str | Path] = [
        install / "bin" / "initdb",
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile={password_file}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        *([] if sync else ["--no-sync"]),
    ]
    child = spawn(
        argv,
        death_signal=signal.SIGKILL,
        log=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        env=server_env(data.parent),
        cwd=data.parent,
        account=runner.pair if runner else None,
    )
    said = child.communicate()[0].decode(errors="replace").strip()
    if child.returncode:
        raise LaunchError(f"The database could not be made in {data.parent.parent}: {_cause(said)}")


def _cause(said: str) -> str:
    if "No space left on device" in said:
        return "the disk is full. Free some space, or set TARS_HOME to another disk."
    lines = [line for line in said.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    return (lines or said.splitlines() or ["initdb ended without a word"])[-1]
