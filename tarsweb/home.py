"""The data folder: where one installation keeps its secrets, its state and (unless root) its database.

`TARS_HOME` names it, so two clones run side by side. Needs no Django: settings, the supervisor and the tests read it.

    home_dir()/            0700, belongs to the user who runs TARS
      secrets.env          0600, made once on the first run, never rewritten
      state.json           ports, process ids, what has been prepared; rewritten by the supervisor alone
      supervisor.lock      held with flock by the one supervisor; the kernel frees it even after SIGKILL
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any, ClassVar, Literal

from governance.errors import DomainError

Role = Literal["app", "owner", "super"]
USERS: dict[str, str] = {"app": "tars_app", "owner": "tars_owner", "super": "postgres"}
DATABASE = "tars"
_SECRETS = (
    "TARS_SECRET_KEY",
    "TARS_SEALING_KEYS",
    "TARS_DB_SUPER_PASSWORD",
    "TARS_DB_OWNER_PASSWORD",
    "TARS_DB_APP_PASSWORD",
)


class HomeError(DomainError):
    """The data folder cannot be used; the sentence says why and what to do."""

    code: ClassVar[str] = "home"
    status: ClassVar[int] = 503


def home_dir() -> Path:
    """The data folder of this installation: `TARS_HOME`, else the platform's folder for user data."""
    named = os.environ.get("TARS_HOME", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_path("tars"))


class FileLock:
    """An exclusive `flock` on one file. Dies with its process, so it is never stale; not inherited by children."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Whether the lock is now ours. Writes our pid into the file for the curious; the pid decides nothing."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        os.truncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_held_elsewhere(self) -> bool:
        """Whether a living process other than this object holds it."""
        if self._fd is not None or not self.path.exists():
            return False
        probe = FileLock(self.path)
        if not probe.acquire():
            return True
        probe.release()
        return False


class Home:
    """One data folder. Reading never creates anything; `ensure` does."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else home_dir()
        self.secrets_path = self.path / "secrets.env"
        self.state_path = self.path / "state.json"
        self.lock = FileLock(self.path / "supervisor.lock")

    def ensure(self) -> None:
        """Make the folder (0700) and its secrets on the first run; refuse another user's with a sentence.

        Raises HomeError. Modes of parent folders are never touched.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise HomeError(f"{self.path} is a file, not a folder. Set TARS_HOME to a folder of your own.") from None
        except OSError as error:
            raise HomeError(f"The data folder {self.path} cannot be made: {error.strerror}. Set TARS_HOME.") from error
        self._check_owner()
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            self.path.chmod(0o700)
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise HomeError(
                f"You may not write in {self.path}. Give yourself the right, or set TARS_HOME to another folder."
            )
        if not self.secrets_path.exists():
            _write_private(self.secrets_path, _fresh_secrets(), replace=False)
        missing = [name for name in _SECRETS if not self.secrets().get(name)]
        if missing:
            raise HomeError(
                f"{self.secrets_path} lacks {', '.join(missing)}. Put back the copy that belongs to this data."
            )

    def _check_owner(self) -> None:
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise HomeError(
                f"The data in {self.path} belongs to {_user_name(owner)}, and you are {_user_name(os.geteuid())}. "
                "Run TARS as its owner, or set TARS_HOME to a folder of your own."
            )

    def secrets(self) -> dict[str, str]:
        """Names and values of `secrets.env`; empty before the first run.

        Raises HomeError when others than the owner could have read it.
        """
        try:
            info = self.secrets_path.stat()
            text = self.secrets_path.read_text()
        except FileNotFoundError:
            return {}
        except PermissionError:
            raise HomeError(f"You may not read {self.secrets_path}. Run TARS as its owner, or set TARS_HOME.") from None
        if stat.S_IMODE(info.st_mode) & 0o077:
            raise HomeError(
                f"{self.secrets_path} can be read by other users, so its secrets are no longer secret. "
                f"If nobody has read it: chmod 600 '{self.secrets_path}'."
            )
        pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        return {name.strip(): value.strip() for name, value in pairs}

    def state(self) -> dict[str, Any]:
        """What the supervisor last wrote; empty before the first run or when the file is damaged (it is derived)."""
        try:
            found = json.loads(self.state_path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        except PermissionError:
            raise HomeError(f"You may not read {self.state_path}. Run TARS as its owner, or set TARS_HOME.") from None
        return found if isinstance(found, dict) else {}

    def update_state(self, **values: Any) -> dict[str, Any]:
        """Write these values into the state, whole or not at all; None removes one. Only the lock's holder calls it."""
        merged = {name: value for name, value in {**self.state(), **values}.items() if value is not None}
        _write_private(
            self.state_path,
            json.dumps(merged, indent=1, sort_keys=True) + "\n",
            replace=True,
        )
        return merged


def database_url(*, role: Role, database: str = DATABASE, home: Home | None = None) -> str:
    """The embedded server's address for one role. Raises HomeError before the first `tars up`."""
    home = home or Home()
    port = home.state().get("pg_port")
    password = home.secrets().get(f"TARS_DB_{role.upper()}_PASSWORD")
    if not port or not password:
        raise HomeError(f"There is no database in {home.path} yet. Run `make up` once, or set TARS_DATABASE_URL.")
    return f"postgres://{USERS[role]}:{password}@127.0.0.1:{port}/{database}"


def _fresh_secrets() -> str:
    values = {name: secrets.token_urlsafe(64) for name in _SECRETS}
    values["TARS_SEALING_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()  # a Fernet key
    return (
        "# Made by TARS on its first run. Keep a copy apart from the database's: without TARS_SEALING_KEYS\n"
        "# the signing keys cannot be opened. New sealing keys go in front, separated by a comma.\n"
    ) + "".join(f"{name}={value}\n" for name, value in values.items())


def _write_private(path: Path, text: str, *, replace: bool) -> None:
    """Write a 0600 file atomically: readers see the old one or the new one. Without `replace` the first writer wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                return
            except OSError:  # a file system without hard links
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _user_name(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
