"""`tars tenants` and `tars staff`: the platform, from a terminal of the machine itself.

Who types here is recorded as "operator of this machine (name)". Exit codes: 0 done, 1 refused, 2 wrong use or no database.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tarsweb.cli.database import database, fail, say

if TYPE_CHECKING:
    from governance.identity.models import User
    from tarsweb.platform.queries import TenantLine

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands on the tenant's ledger.")]
Which = Annotated[str, typer.Argument(help="A tenant by name, domain or id.")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


def register(app: typer.Typer) -> None:
    """Add the groups `tenants` and `staff` to an application."""
    settings: dict[str, Any] = {
        "no_args_is_help": True,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }
    tenants = typer.Typer(name="tenants", help="Open, list and close tenants.", **settings)
    tenants.command("open")(open_)
    tenants.command("list")(list_)
    tenants.command("deactivate")(deactivate)
    tenants.command("reactivate")(reactivate)
    staff = typer.Typer(name="staff", help="Who works for the platform.", **settings)
    staff.command("add")(add)
    staff.command("remove")(remove)
    staff.command("list")(staff_list)
    app.add_typer(tenants)
    app.add_typer(staff)


def open_(
    name: Annotated[str, typer.Argument(help="The customer's name.")],
    tier: Annotated[str, typer.Option(help="starter, pro or enterprise")] = "starter",
    domain: Annotated[str, typer.Option(help="Its domain, such as example.com.")] = "",
    admin: Annotated[str, typer.Option(help="The first admin's e-mail address; they get an invitation.")] = "",
    max_users: Annotated[int | None, typer.Option(min=1, help="Instead of the tier's.")] = None,
    max_monthly_budget: Annotated[str | None, typer.Option(metavar="USD", help="Instead of the tier's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open a tenant with this month's dollars and an invitation for its first admin.

    Example:  tars tenants open "Fresh Ltd" --tier pro --domain fresh.example --admin ada@fresh.example
    """
    from decimal import Decimal, InvalidOperation

    with database():
        from django.utils import timezone

        from governance.tenants.models import Tier
        from tarsweb.people.letters import deliver
        from tarsweb.platform.actions import open_tenant
        from tarsweb.platform.stewards import operator

        if tier not in Tier.values:
            fail(f"{tier} is no tier: use {', '.join(Tier.values)}.")
        try:
            budget = Decimal(max_monthly_budget) if max_monthly_budget is not None else None
        except InvalidOperation:
            fail(f"{max_monthly_budget} is no amount in USD.")
        opened = open_tenant(
            by=operator(),
            name=name,
            domain=domain,
            tier=Tier(tier),
            max_users=max_users,
            max_monthly_budget=budget,
            admin_email=admin,
            at=timezone.now(),
        )
        link = deliver(opened.invited) if opened.invited else ""
    if as_json:
        say(json.dumps({"id": str(opened.tenant.id), "name": opened.tenant.name, "invitation_url": link or None}))
        return
    say(f"{opened.tenant.name} is open ({opened.tenant.id}).")
    if link:
        say(f"No mail leaves this machine, so bring {admin} this link. It works once, for seven days:\n{link}")
    elif admin:
        say(f"The invitation is on its way to {admin}.")


def list_(as_json: AsJson = False) -> None:
    """Every tenant with its tier, seats, limit and state."""
    with database():
        lines = _tenants()
    if as_json:
        from governance.exports import table

        say(b"".join(table.as_json(table.Row(dict(line.as_row())) for line in lines)).decode().rstrip())
        return
    rows = [("Name", "Domain", "Tier", "Seats", "USD a month", "State", "Id")]
    rows += [
        (
            line.name,
            line.domain or "-",
            line.tier,
            f"{line.seats_taken} of {line.max_users}",
            f"{line.max_monthly_budget:,.2f}",
            line.state,
            str(line.id),
        )
        for line in lines
    ]
    _table(rows)


def deactivate(tenant: Which, reason: Reason) -> None:
    """Refuse a tenant's people and programs; its record is kept and its members are told."""
    _act("close_tenant", tenant, reason, said="is deactivated")


def reactivate(tenant: Which, reason: Reason) -> None:
    """Open a deactivated tenant again."""
    _act("reopen_tenant", tenant, reason, said="is open again")


def add(
    email: Email,
    name: Annotated[str, typer.Option(help="For somebody who has no account yet.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the new account's password from standard input.")
    ] = False,
) -> None:
    """Make a person platform staff; somebody without an account gets one, with a password that is asked for."""
    with database():
        from django.utils import timezone

        from governance.identity.actions import appoint_staff
        from governance.identity.models import User
        from tarsweb.platform.stewards import operator

        if not User.objects.filter(email=email.strip().lower()).exists():
            _account(email, name, password_stdin=password_stdin)
        person = appoint_staff(actor=operator().actor, email=email, at=timezone.now())
    say(f"{person.email} is platform staff. Every open tenant's ledger says so.")


def remove(email: Email) -> None:
    """Take it back, at once."""
    with database():
        from django.utils import timezone

        from governance.identity.actions import dismiss_staff
        from tarsweb.platform.stewards import operator

        person = dismiss_staff(actor=operator().actor, email=email, at=timezone.now())
    say(f"{person.email} is no longer platform staff. Every open tenant's ledger says so.")


def staff_list(as_json: AsJson = False) -> None:
    """Everybody who is platform staff."""
    with database():
        from tarsweb.platform.queries import staff

        found = staff()
    if as_json:
        say(json.dumps([{"email": user.email, "name": user.name} for user in found], ensure_ascii=False))
        return
    _table([("E-mail", "Name"), *((user.email, user.name) for user in found)])


def _act(verb: str, text: str, reason: str, *, said: str) -> None:
    with database():
        from django.utils import timezone

        from tarsweb.platform import actions
        from tarsweb.platform.stewards import operator

        line = _tenant(text)
        getattr(actions, verb)(by=operator(), tenant_id=line.id, reason=reason, at=timezone.now())
    say(f"{line.name} {said}.")


def _tenants(wanted: str = "") -> tuple[TenantLine, ...]:
    from django.utils import timezone

    from tarsweb.platform.queries import called_here

    return called_here(wanted, at=timezone.now())


def _tenant(text: str) -> TenantLine:
    found = _tenants(text) if text else ()
    if len(found) != 1:
        fail(f"{'Several tenants are' if found else 'No tenant is'} called {text}; name it by its id.")
    return found[0]


def _account(email: str, name: str, *, password_stdin: bool) -> User:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from governance.identity.actions import address
    from governance.identity.models import User

    address(email)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = typer.prompt("A password for the new account", hide_input=True, confirmation_prompt=True)
    else:
        fail(f"{email} has no account. Give a password for it on standard input with --password-stdin.")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        fail(" ".join(error.messages))
    return User.objects.create_user(email=email, password=password, name=name)


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
