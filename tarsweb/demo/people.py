"""The demo's people: their accounts, their seats, and how the command line and the sign-in page name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.identity.actions import appoint_staff
from governance.identity.models import User
from governance.identity.queries import seats
from governance.scope import TARS
from governance.tenancy import active_tenant_ids, in_tenant
from governance.tenants.models import Tenant
from tarsweb.demo import passwords
from tarsweb.demo.worlds import Person, World, load, staff


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
    ensure(person for world in worlds for person in world.people)


def ensure_staff(*, at: datetime) -> None:
    """Give the demo's platform staff an account, on an installation that holds nothing but the demo.

    Beside a real tenant there is none: a known password must not open a way to visit it.
    """
    person = staff()
    if User.objects.filter(email=person.email).exists() or not _is_all_demo():
        return
    ensure([person])
    appoint_staff(actor=TARS, email=person.email, at=at)


def ensure(found: Iterable[Person]) -> None:
    """An account with a known random password for each of these people who is nobody's own."""
    people = {person.email: person for person in found}
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
    found = _in_worlds(known, ((world, person) for world in worlds for person in world.people))
    return (*found, *_staff_login(known)) if found else ()


def _in_worlds(known: dict[str, str], people: Iterable[tuple[World, Person]]) -> tuple[Login, ...]:
    seated: dict[str, list[tuple[World, Person]]] = {}
    for world, person in people:
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


def _staff_login(known: dict[str, str]) -> tuple[Login, ...]:
    person = staff()
    if not (person.email in known and User.objects.filter(email=person.email, is_platform_staff=True).exists()):
        return ()
    return (Login(person.email, person.name, "Platform staff", (), known[person.email]),)


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


def _is_all_demo() -> bool:
    for tenant_id in active_tenant_ids():
        with in_tenant(tenant_id):
            if not Tenant.objects.get(id=tenant_id).is_demo:
                return False
    return True


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
