"""What the tests of session rules share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.ledger.models import LedgerEntry
from governance.rulebook import session_queries, session_store
from governance.rulebook.session_actions import Update, update_session
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from governance.tokens.queries import scope_of_token
from tests import factories as make

NAME = "session-123"
READ, PROPOSE = Capability.READ_RECORD, Capability.PROPOSE


def add(scope: Scope, rule: str, *, at: datetime = make.AT, session: str = NAME, **options: Any) -> Update:
    return update_session(scope=scope, session=session, rule=rule, at=at, **options)


def agent(cast: make.Cast, *scopes: Capability, system: str = "clay-consigliere", at: datetime = make.AT) -> Scope:
    """A system with a token of its own."""
    issued = issue_token(scope=cast.bo, name="CI", scopes=scopes or [READ, PROPOSE], days=30, system_name=system, at=at)
    return scope_of_token(issued.secret, at)


def tray(scope: Scope, *, at: datetime = make.AT, session: str = NAME) -> session_queries.Tray:
    with in_tenant(scope.tenant_id):
        return session_queries.tray(scope=scope, name=session, at=at)


def texts(scope: Scope, *, at: datetime = make.AT, session: str = NAME) -> list[str]:
    return [rule.text for rule in tray(scope, at=at, session=session).rules]


def in_force(scope: Scope, *, at: datetime = make.AT, session: str = NAME) -> session_store.InForce:
    with in_tenant(scope.tenant_id):
        return session_store.in_force(tenant_id=scope.tenant_id, name=session, at=at)


def decided(scope: Scope, *rule_ids: str, at: datetime = make.AT, session: str = NAME) -> list[tuple[str, str]]:
    """What a decision that these rules made is told of ended ones."""
    with in_tenant(scope.tenant_id, durable=True):
        ended = session_store.touched(tenant_id=scope.tenant_id, name=session, rule_ids=rule_ids, at=at)
    return [(end.rule, end.because) for end in ended]


def recorded(scope: Scope, verb: str = "") -> list[str]:
    """The verbs of sessions on the ledger, oldest first."""
    with in_tenant(scope.tenant_id):
        names = LedgerEntry.objects.filter(event_type="session_rule").order_by("sequence")
        found = list(names.values_list("action_name", flat=True))
    return [name.removeprefix("sessions.") for name in found if not verb or name == f"sessions.{verb}"]
