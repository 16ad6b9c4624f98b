"""The demo's passwords: random for each installation, kept in a private file, of use on this machine alone."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher, get_hasher, make_password

from governance.errors import DomainError
from governance.identity.models import User
from governance.identity.queries import seats
from tarsweb.demo.worlds import load, staff
from tarsweb.home import HomeError

FILE = "demo-logins.json"
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aeiou"
_SYLLABLES = 10  # 16 × 5 each: 63 bits
_QUICK_WORK = 2**10


class DemoRefused(DomainError):
    """The demo's logins are for this machine only."""

    code = "demo_refused"
    status = 403


def is_local() -> bool:
    """Whether only this machine can reach TARS, so that the demo's people may sign in."""
    return bool(settings.LOCAL_ONLY)


def demand_local() -> None:
    """Raise `DemoRefused` where other machines can reach TARS."""
    if not is_local():
        raise DemoRefused(
            "TARS can be reached from other machines, so the demo's people cannot sign in and their passwords are not "
            "shown. Use the demo with --host 127.0.0.1 and no public address, or start with --no-demo."
        )


def is_refused(user: User) -> bool:
    """Whether this person may not sign in here: somebody of the demo, away from the machine it was made on."""
    return not is_local() and is_demo_person(user)


def is_demo_person(user: User) -> bool:
    """Whether the account is the demo's: it has one of the demo's addresses and belongs to demo tenants only."""
    if user.email not in _addresses():
        return False
    found = seats(user=user)
    is_known = bool(found) or user.email == staff().email
    return is_known and all(seat.is_demo for seat in found)


def password() -> str:
    """A new random password that can be read out and typed: `bodi-ruma-sevo-liku-tano`."""
    syllables = [secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(_SYLLABLES)]
    return "-".join("".join(syllables[at : at + 2]) for at in range(0, _SYLLABLES, 2))


def quick_hash(text: str) -> str:
    """A cheaper hash for a random password; Django makes it a full one at the first sign-in.

    Only for passwords of `password()`: 63 random bits need no slow hash, and the first start does not wait for ten.
    """
    hasher = get_hasher()
    if not isinstance(hasher, ScryptPasswordHasher):
        return make_password(text)
    return hasher.encode(text, hasher.salt(), n=_QUICK_WORK)


def stored() -> dict[str, str]:
    """Every known login, `{e-mail: password}`; empty before the demo is made. Raises `HomeError` on a damaged file."""
    try:
        found = json.loads(_path().read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise HomeError(
            f"{_path()} is damaged. Delete it and run `tars demo --prepare`: new passwords are made."
        ) from None
    return dict(found)


def store(logins: dict[str, str]) -> None:
    """Add logins to the private file (0600), whole or not at all."""
    path = _path()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = json.dumps({**stored(), **logins}, indent=1, sort_keys=True) + "\n"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def forget(emails: Collection[str]) -> None:
    """Take these logins out of the file, and the file away when nobody is left."""
    left = {email: password for email, password in stored().items() if email not in emails}
    _path().unlink(missing_ok=True)
    if left:
        store(left)


@cache
def _addresses() -> frozenset[str]:
    return frozenset((*(person.email for world in load() for person in world.people), staff().email))


def _path() -> Path:
    return Path(settings.HOME.path) / FILE
