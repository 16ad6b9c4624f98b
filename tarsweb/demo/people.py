"""The demo's people: their accounts, their seats, and how the command line and the sign-in page name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.identity.models import User
from governance.identity.queries import seats
from tarsweb.demo import passwords
from tarsweb.demo.worlds import Person, World, load


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody types to sign in, and what for. `tenants` names the tenants and the roles held there."""

    email: str
    name: str
    role: str
    tenants: tuple[str, ...]
    password: str


@dataclass(frozen=True, slots=True)
class Hint:
    """For the sign-in page: who there is to be, as pairs of e-mail address and role. Never a password."""

    text: str
    people: tuple[tuple[str, str], ...]


def ensure_accounts(worlds: Iterable[World]) -> None:
    """Give every person of the worlds an account with a known random password.

    Passwords are stored before accounts use them, so a killed run can be repeated. An account that also belongs to a
    tenant outside the demo is somebody's own: it is left as it is.
    """
    people = {person.email: person for world in worlds for person in world.people}
    users = {user.email: user for user in User.objects.filter(email__in=people)}
    ours = [email for email in people if email not in users or is_ours(users[email])]
    known = passwords.stored()
    fresh = {email: passwords.password() for email in ours if email not in known}
    if fresh:
        passwords.store(fresh)
    for email in ours:
        user = users.get(email) or _account(people[email])
        if email in fresh or not user.has_usable_password():
            _set_password(user, {**known, **fresh}[email])


def logins(worlds: Iterable[World]) -> tuple[Login, ...]:
    """Everybody's login, in the order of the data. Raises `DemoRefused` where other machines can reach TARS."""
    passwords.demand_local()
    known = passwords.stored()
    seated: dict[str, list[tuple[World, Person]]] = {}
    for world in worlds:
        for person in world.people:
            seated.setdefault(person.email, []).append((world, person))
    return tuple(
        Login(
            email=email,
            name=found[0][1].name,
            role=found[0][1].role_line,
            tenants=tuple(f"{world.tenant['name']} ({person.role_line})" for world, person in found),
            password=known[email],
        )
        for email, found in seated.items()
        if email in known
    )


def sign_in_hint() -> Hint | None:
    """The demo's people for the sign-in page; None where there is no demo or its people may not sign in."""
    if not passwords.is_local():
        return None
    found = logins(load())
    if not found:
        return None
    return Hint(
        text="The passwords were printed when TARS started; `tars logins` shows them again.",
        people=tuple((login.email, login.role) for login in found),
    )


def _account(person: Person) -> User:
    return User.objects.create_user(email=person.email, name=person.name, time_zone=person.time_zone)


def is_ours(user: User) -> bool:
    return all(seat.is_demo for seat in seats(user=user))


def _set_password(user: User, text: str) -> None:
    user.password = passwords.quick_hash(text)
    user.save(update_fields=["password"])


def table(found: Iterable[Login]) -> str:
    """Logins as aligned columns."""
    rows = [("Role", "E-mail", "Password"), *((login.role, login.email, login.password) for login in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
