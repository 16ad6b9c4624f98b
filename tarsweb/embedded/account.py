"""Who runs the server, and where its data lies. PostgreSQL refuses to run as root, so root lends it another uid."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tarsweb.embedded.binaries import is_reachable
from tarsweb.embedded.errors import LaunchError

ROOT_BASE = Path("/var/lib/tars")
_FIRST_PRIVATE_UID, _PRIVATE_UIDS = 58_000, 1_000


@dataclass(frozen=True)
class Account:
    """A uid and gid for the server's processes; no entry in the user database is needed or made."""

    uid: int
    gid: int

    @property
    def pair(self) -> tuple[int, int]:
        """As subprocess wants it."""
        return self.uid, self.gid


def cluster_root(home: Path) -> Path:
    """Where the cluster of this data folder lies: inside it, or for root under a folder that others can pass.

    An unprivileged server cannot enter root's 0700 folders, and opening them would expose everything beside it.
    """
    if os.geteuid() != 0:
        return home / "postgres"
    return ROOT_BASE / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]


def make_root(root: Path) -> None:
    """Make the cluster's folder: 0700 for ourselves, or 0711 for root (the server passes to its own data only)."""
    as_root = os.geteuid() == 0
    try:
        if as_root:
            _make(root.parent, mode=0o755)
        _make(root, mode=0o711 if as_root else 0o700)
    except OSError as error:
        raise LaunchError(
            f"The database folder {root} cannot be made: {error.strerror}. Check rights and free space."
        ) from error
    if root.stat().st_uid != os.geteuid():
        raise LaunchError(
            f"The database folder {root} belongs to another user. Run TARS as its owner, or set TARS_HOME."
        )
    if as_root and not is_reachable(root):
        raise LaunchError(
            f"The server's own user cannot pass through to {root}, and TARS opens no folder for it. Make it passable."
        )


def _make(folder: Path, *, mode: int) -> None:
    """Make one folder with exactly this mode; an existing one is left as it is."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(mode)


def initial_account() -> Account | None:
    """Who runs initdb: it looks itself up in the user database, so root lends it `nobody`. None means ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise LaunchError(
            "This machine has no user `nobody`, so root cannot start PostgreSQL. Run TARS as another user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_private(data: Path) -> None:
    """Give a fresh cluster to a uid that nothing else uses: `nobody` may serve other programs, which could read it.

    Where uids cannot be chosen (a container with few of them) the data stays with `nobody`.
    """
    uid = _private_uid(data)
    with contextlib.suppress(OSError):
        os.chown(data, uid, uid)
        for path in data.rglob("*"):
            os.chown(path, uid, uid, follow_symlinks=False)


def _private_uid(data: Path) -> int:
    start = int(hashlib.sha256(str(data).encode()).hexdigest(), 16) % _PRIVATE_UIDS
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    free = (_FIRST_PRIVATE_UID + (start + step) % _PRIVATE_UIDS for step in range(_PRIVATE_UIDS))
    return next(uid for uid in free if uid not in taken)


def data_account(data: Path) -> Account | None:
    """Who runs the server on existing data: its owner. Raises LaunchError when that cannot be."""
    info = data.stat()
    if os.geteuid() != 0:
        if info.st_uid != os.geteuid():
            raise LaunchError(
                f"The database in {data} belongs to uid {info.st_uid}. Run TARS as its owner, or set TARS_HOME."
            )
        return None
    if info.st_uid == 0:
        raise LaunchError(
            f"The database in {data} belongs to root, and PostgreSQL never runs as root. Restore its owner."
        )
    return Account(info.st_uid, info.st_gid)
