"""`tars constitution update | reset | get | list | revoke | extend`: the rules of sessions (seeds/003).

On this machine's database, or with `--server` on another TARS. Exit codes: 0 done, 1 refused, 2 wrong use or no database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from tarsweb.cli.database import database, fail, say
from tarsweb.cli.remote import Json, connected, is_remote

if TYPE_CHECKING:
    from datetime import datetime

    from governance.scope import Scope

Session = Annotated[str, typer.Argument(metavar="SESSION-ID", help="The session’s name, such as session-123.")]
Tenant = Annotated[str, typer.Option(envvar="TARS_TENANT", help="On this machine: a tenant by name or id.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The rule’s number, as `get` shows it.")]


class Desk(Protocol):
    """What both roads offer, with the API's records."""

    def sessions(self) -> Any: ...
    def session_rules(self, session: str, *, is_peek: bool = False) -> Any: ...
    def update_session(self, session: str, rule: str, *, system: str = "") -> Any: ...
    def reset_session(self, session: str, rules: Sequence[str] = ()) -> Any: ...
    def revoke_session_rule(self, session: str, rule_id: str) -> Any: ...
    def extend_session_rule(self, session: str, rule_id: str, *, minutes: int) -> Any: ...


def register(app: typer.Typer) -> None:
    """Add the group `constitution` to an application."""
    settings: dict[str, Any] = {"no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}
    group = typer.Typer(name="constitution", help="Temporary rules of a session: add, read, reset.", **settings)
    for name, command in (("update", update), ("reset", reset), ("get", get), ("list", list_)):
        group.command(name)(command)
    group.command("revoke")(revoke)
    group.command("extend")(extend)
    app.add_typer(group)


def update(
    session: Session,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="One sentence.")],
    system: Annotated[str, typer.Option(help="Whose session it is, when this opens it.")] = "",
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Add a rule to a session; the same one again begins the session's hour anew.

    Example:  tars constitution update session-123 "no external API calls"
    """
    with _desk(tenant) as desk:
        made = desk.update_session(session, rule, system=system)
    if as_json:
        return _print(made)
    added = made["rule"]
    standing = f"enforced, {added['effect']}" if added["is_enforced"] else "guidance for the agent"
    say(f"{'Added to' if made['is_new'] else 'Already in'} {session}: {added['rule']} ({standing}).")
    for end in made["evicted"]:
        say(f"The session was full, so this one fell out: {end['rule']}")
    return None


def reset(
    session: Session,
    rules: Annotated[list[str] | None, typer.Argument(metavar="[RULE]…", help="Rules to put in their place.")] = None,
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """End every rule of a session, and put others in their place if you name some.

    Example:  tars constitution reset session-123
    """
    with _desk(tenant) as desk:
        left = desk.reset_session(session, rules or [])
    if as_json:
        return _print(left)
    total = left["total"]
    say(f"The session {session} was reset. It holds {'no rules' if not total else _count(total)} now.")
    return None


def get(
    session: Session,
    peek: Annotated[bool, typer.Option("--peek", help="Look without beginning the session’s hour anew.")] = False,
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """View all rules of a session. It begins the session's hour anew, unless you only peek.

    Example:  tars constitution get session-123
    """
    with _desk(tenant) as desk:
        found = desk.session_rules(session, is_peek=peek)
    if as_json:
        return _print(found)
    say(f"Constitution Rules for Session: {session}\n{'=' * 42}")
    for rule in found["rules"]:
        say(f"{rule['number']}. {rule['rule']}")
    say(f"\nTotal rules: {found['total']}")
    enforced = [rule for rule in found["rules"] if rule["is_enforced"]]
    guidance = [str(rule["number"]) for rule in found["rules"] if not rule["is_enforced"]]
    if enforced:
        say("\nEnforced:")
        for rule in enforced:
            say(f"  {rule['number']}. {rule['effect']}")
    if guidance:
        say(f"{'' if enforced else chr(10)}Guidance for the agent: {', '.join(guidance)}")
    return None


def list_(tenant: Tenant = "", as_json: Json = False) -> None:
    """List the sessions that have rules in force, with their last access and what expires when."""
    with _desk(tenant) as desk:
        rows = list(desk.sessions())
    if as_json:
        return _print(rows)
    if not rows:
        typer.echo("No session has rules in force.", err=True)
        return None
    titles = ("Session", "Rules", "Enforced", "Guidance", "Last access", "First expires", "Last expires")
    cells = [titles, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return None


def revoke(session: Session, number: Number, tenant: Tenant = "", as_json: Json = False) -> None:
    """End one rule of a session.

    Example:  tars constitution revoke session-123 2
    """
    with _desk(tenant) as desk:
        rule = _numbered(desk, session, number)
        left = desk.revoke_session_rule(session, rule["id"])
    if as_json:
        return _print(left)
    say(f"Revoked in {session}: {rule['rule']}")
    return None


def extend(
    session: Session,
    number: Number,
    minutes: Annotated[int, typer.Option(help="15 or 60.")] = 60,
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Let one rule live 15 or 60 minutes longer than it would.

    Example:  tars constitution extend session-123 2 --minutes 15
    """
    if minutes not in (15, 60):
        raise typer.BadParameter("A session rule is extended by 15 or by 60 minutes at a time.")
    with _desk(tenant) as desk:
        rule = desk.extend_session_rule(session, _numbered(desk, session, number)["id"], minutes=minutes)
    if as_json:
        return _print(rule)
    say(f"{rule['rule']} lives until {_moment(rule['ends_at'])}.")
    return None


class Here:
    """The sessions of a tenant in this machine's database, as the person at the machine."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def sessions(self) -> Any:
        from governance.rulebook.session_api import line_record
        from governance.rulebook.session_queries import line_of, sessions
        from governance.tenancy import in_tenant

        with in_tenant(self.scope.tenant_id):
            return [_plain(line_record(line_of(row))) for row in sessions(scope=self.scope, at=_now())]

    def session_rules(self, session: str, *, is_peek: bool = False) -> Any:
        from governance.rulebook.session_actions import looked
        from governance.tenancy import in_tenant

        at = _now()
        with in_tenant(self.scope.tenant_id):
            is_touched = not is_peek and looked(scope=self.scope, session=session, at=at)
        return self._tray(session, at=at, is_touched=is_touched)

    def update_session(self, session: str, rule: str, *, system: str = "") -> Any:
        from governance.rulebook.session_actions import update_session
        from governance.rulebook.session_api import added_record

        at = _now()
        made = update_session(scope=self.scope, session=session, rule=rule, system=system, at=at)
        return _plain(added_record(made, rule=self._rule(session, made.rule.id, at=at)))

    def reset_session(self, session: str, rules: Sequence[str] = ()) -> Any:
        from governance.rulebook.session_actions import reset_session

        at = _now()
        reset_session(scope=self.scope, session=session, rules=rules, at=at)
        return self._tray(session, at=at, is_touched=True)

    def revoke_session_rule(self, session: str, rule_id: str) -> Any:
        from uuid import UUID

        from governance.rulebook.session_actions import revoke_rule

        at = _now()
        revoke_rule(scope=self.scope, session=session, rule_id=UUID(rule_id), at=at)
        return self._tray(session, at=at, is_touched=False)

    def extend_session_rule(self, session: str, rule_id: str, *, minutes: int) -> Any:
        from uuid import UUID

        from governance.rulebook.session_actions import extend_rule
        from governance.rulebook.session_api import rule_record

        at = _now()
        extend_rule(scope=self.scope, session=session, rule_id=UUID(rule_id), minutes=minutes, at=at)
        return _plain(rule_record(self._rule(session, UUID(rule_id), at=at)))

    def _rule(self, session: str, rule_id: Any, *, at: datetime) -> Any:
        from governance.rulebook.session_queries import rule_of
        from governance.tenancy import in_tenant

        with in_tenant(self.scope.tenant_id):
            return rule_of(scope=self.scope, name=session, rule_id=rule_id, at=at)

    def _tray(self, session: str, *, at: datetime, is_touched: bool) -> Any:
        from governance.rulebook.session_api import tray_record
        from governance.rulebook.session_queries import tray
        from governance.tenancy import in_tenant

        with in_tenant(self.scope.tenant_id):
            return _plain(tray_record(tray(scope=self.scope, name=session, at=at), is_touched=is_touched))


@contextmanager
def _desk(tenant: str) -> Iterator[Desk]:
    """The server that was named, or this machine's database."""
    if is_remote():
        if tenant:
            fail("A server knows the tenant from the token: leave --tenant out.")
        with connected() as tars:
            yield tars
        return
    with database():
        from tarsweb.cli.ledger import scopes
        from tarsweb.platform.stewards import operator

        found = scopes([tenant] if tenant else None)
        if len(found) != 1:
            fail("There are several tenants; name one with --tenant.")
        yield Here(operator().scope(found[0].tenant_id))


def _numbered(desk: Desk, session: str, number: int) -> Any:
    found = [rule for rule in desk.session_rules(session, is_peek=True)["rules"] if rule["number"] == number]
    if not found:
        fail(f"The session {session} has no rule number {number}. See: tars constitution get {session} --peek")
    return found[0]


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def _plain(record: Any) -> Any:
    """As the API would say it."""
    from rest_framework.utils.encoders import JSONEncoder

    return json.loads(json.dumps(record, cls=JSONEncoder))


def _cells(row: Any) -> tuple[str, ...]:
    counts = (str(row["total"]), str(row["enforced"]), str(row["guidance"]))
    return (row["name"], *counts, *(_moment(row[key]) for key in ("accessed_at", "ends_next_at", "ends_at")))


def _moment(text: str) -> str:
    return f"{text[:10]} {text[11:16]} UTC"


def _count(number: int) -> str:
    return "1 rule" if number == 1 else f"{number} rules"


def _print(value: Any) -> None:
    say(json.dumps(value, ensure_ascii=False, indent=2))
