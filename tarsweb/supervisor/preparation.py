"""Short child processes before the product serves: migrations and static files, then the demo."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tarsweb.embedded.processes import spawn
from tarsweb.supervisor.errors import StartError
from tarsweb.supervisor.service import BASE_DIR, open_log

_APPS = ("governance", "billing", "routing", "dreams", "tarsweb")


def fingerprint() -> str:
    """A digest of whatever preparing depends on: migrations, static files, settings, installed packages, Python."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_inputs()):
        info = path.stat()
        digest.update(f"{path.relative_to(BASE_DIR)}\0{info.st_size}\0{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _inputs() -> Iterator[Path]:
    yield from (path for name in ("requirements.lock", "tarsweb/settings.py") if (path := BASE_DIR / name).exists())
    for app in _APPS:
        yield from (BASE_DIR / app / "migrations").glob("*.py")
    yield from (path for path in (BASE_DIR / "static").rglob("*") if path.is_file())


def prepare(env: Mapping[str, str], *, log_path: Path, can_migrate: bool) -> None:
    """Bring tables and static files up to date. Raises StartError with the cause."""
    options = [] if can_migrate else ["--no-migrate"]
    role = "owner" if can_migrate else "app"
    code, _ = manage("prepare", *options, env={**env, "TARS_DATABASE_ROLE": role}, log_path=log_path)
    if code:
        raise StartError(f"The tables could not be brought up to date: {last_line(log_path)} The whole log: {log_path}")


def manage(*command: str, env: Mapping[str, str], log_path: Path) -> tuple[int, str]:
    """Run one management command; returns its exit code and what it printed (errors go to the log)."""
    with open_log(log_path) as log:
        child = spawn(
            [sys.executable, "-m", "django", *command],
            death_signal=signal.SIGTERM,
            log=log,
            env=env,
            cwd=BASE_DIR,
            stdout=subprocess.PIPE,
        )
    try:
        printed = child.communicate()[0].decode(errors="replace")
    except BaseException:
        child.terminate()
        child.wait()
        raise
    with open_log(log_path) as log:
        log.write(printed.encode())
    return child.returncode, printed


def last_line(log_path: Path) -> str:
    """The last line that says something, without Django's hint on how to get help and its count of problems."""
    lines = [line.strip() for line in log_path.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Type '", "System check identified"))]
    return telling[-1].rstrip(".") + "." if telling else "it said nothing."
