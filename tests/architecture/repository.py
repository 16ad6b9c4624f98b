"""The repository as files."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tarsweb", "dreams", "routing", "billing", "governance")
SKIPPED = {".git", ".venv", ".tars", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
VENDORED = "static/vendor/"


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository: git's list, or (in an archive) what lies there."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.splitlines()]
    else:
        paths = [path for path in ROOT.rglob("*") if not SKIPPED & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in paths if path.is_file()))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def own_texts() -> list[tuple[str, str]]:
    """Name and text of every file that we wrote; vendored and binary ones are left out."""
    found = []
    for path in files():
        if not name(path).startswith(VENDORED):
            try:
                found.append((name(path), path.read_text()))
            except UnicodeDecodeError:
                continue
    return found


def modules(*, of: tuple[str, ...] = APPS) -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and name(path).split("/")[0] in of]


def slices(app: str) -> list[Path]:
    """An app's folders that are packages of their own."""
    return sorted(
        {path.parent for path in modules(of=(app,)) if path.name == "__init__.py" and path.parent.parent == ROOT / app}
    )
