"""The verbs of session rules (docs/session-rules.md says who may do what).

Adding and extending tighten: people who may propose do it anywhere, a system only in a session of its own, and there only adding.
Resetting and revoking loosen: a person who may roll back does it. Nothing a system adds pushes out what a person added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.policy.writing import rule_text
from governance.registry import queries as registry
from governance.rulebook import english, sentences, session_names
from governance.rulebook.models import RuleSession, SessionRule, SessionRuleEnd
from governance.rulebook.session_store import MOST, TTL, Ended, engine_id, expire, record_expiry
from governance.scope import ActorKind, Capability, Scope, is_agent_name

EXTENSIONS = (15, 60)
"""Minutes that one press adds."""
FURTHEST = timedelta(hours=24)


class SessionFull(DomainError):
    """A system's rule would push out what people added, or a reset brings more rules than a session holds."""

    code = "session_full"


class RuleEnded(DomainError):
    """The rule is no longer in force."""

    code = "rule_ended"


class TooFar(DomainError):
    """A temporary rule does not become a lasting one by extension."""

    code = "too_far"


class NotItsSession(NotAllowed):
    """A system adds rules to sessions of its own only."""

    code = "not_its_session"


@dataclass(frozen=True, slots=True)
class Update:
    """What adding a sentence did: `is_new` false means it was there and the session's hour began anew."""

    rule: SessionRule
    is_new: bool
    evicted: tuple[Ended, ...] = ()


@governed("sessions.update", subject="session")
def update_session(*, scope: Scope, session: str, rule: str, at: datetime, system: str = "") -> Update:
    """Add a sentence to a session, or, if it is there, begin the session's hour anew. The 51st pushes the first one out.

    A person may name the `system` whose session this is when they open it. Raises `NotAllowed`, `NotItsSession`, `NotASentence`,
    `Invalid` (the name), `NotFound` (the system), `SessionFull`.
    """
    scope.demand(Capability.PROPOSE, to="add a session rule")
    name, sentence = session_names.checked(session), sentences.checked(rule)
    row, gone = _opened(scope, name, system=system, at=at)
    live = _live(row)
    if known := next((one for one in live if one.text == sentence), None):
        was_agents = is_agent_name(known.added_by) and scope.actor.kind is not ActorKind.SYSTEM
        if was_agents:
            known.added_by, known.user_id = scope.actor.name, scope.actor.user_id
            known.save(update_fields=["added_by", "user_id"])
            said = f"“{sentence}” in the session {name} is now {scope.actor.name}’s rule: a system had added it."
            _record(scope, at, verb="update", name=name, said=said, rules=[known])
        record_expiry(tenant_id=scope.tenant_id, name=name, ends=gone, at=at)
        return Update(known, is_new=False)
    evicted = _make_room(scope, live, at=at)
    added = _added(scope, row, sentence, position=_next(row), at=at)
    said = f"“{sentence}” was added to the session {name}: {_standing(added)}."
    if evicted:
        said += f" It was full, so “{evicted[0].rule}” fell out."
    record_expiry(tenant_id=scope.tenant_id, name=name, ends=gone, at=at)
    _record(scope, at, verb="update", name=name, said=said, rules=[added], evicted=evicted)
    return Update(added, is_new=True, evicted=evicted)


@governed("sessions.reset", subject="session")
def reset_session(
    *, scope: Scope, session: str, at: datetime, rules: Sequence[str] = (), system: str = ""
) -> tuple[list[SessionRule], list[Ended]]:
    """End every rule of a session and put `rules` in their place; returns what is in force now and what ended.

    Raises `NotAllowed` (it loosens: a person who may roll back does it), `NotASentence`, `Invalid`, `NotFound`, `SessionFull`.
    """
    scope.demand(Capability.ROLL_BACK, to="reset a session: that loosens it")
    name = session_names.checked(session)
    wanted = list(dict.fromkeys(sentences.checked(rule) for rule in rules))
    if len(wanted) > MOST:
        raise SessionFull(f"A session holds at most {MOST} rules; these are {len(wanted)}.")
    if not wanted and not RuleSession.objects.filter(tenant_id=scope.tenant_id, name=name).exists():
        return [], []
    row, gone = _opened(scope, name, system=system, at=at)
    ended = [_end(one, SessionRuleEnd.RESET, at=at) for one in _live(row)]
    first = _next(row)
    added = [_added(scope, row, text, position=place, at=at) for place, text in enumerate(wanted, start=first)]
    record_expiry(tenant_id=scope.tenant_id, name=name, ends=gone, at=at)
    if ended or added:
        said = f"The session {name} was reset: {_count(len(ended))} ended, {len(added)} took their place."
        _record(scope, at, verb="reset", name=name, said=said, rules=added, ended=ended)
    return added, ended


@governed("sessions.revoke", subject="session")
def revoke_rule(*, scope: Scope, session: str, rule_id: UUID, at: datetime) -> SessionRule:
    """End one rule. Raises `NotAllowed` (it loosens), `NotFound`, `RuleEnded`."""
    scope.demand(Capability.ROLL_BACK, to="revoke a session rule: that loosens the session")
    row, rule = _locked(scope, session, rule_id, at=at)
    _end(rule, SessionRuleEnd.REVOKED, at=at)
    said = f"“{rule.text}” was revoked in the session {row.name}."
    _record(scope, at, verb="revoke", name=row.name, said=said, rules=[rule])
    return rule


@governed("sessions.extend", subject="session")
def extend_rule(*, scope: Scope, session: str, rule_id: UUID, minutes: int, at: datetime) -> SessionRule:
    """Let one rule live `minutes` (15 or 60) longer than it would, even when nobody asks the session. Never shortens.

    Raises `NotAllowed`, `NotFound`, `RuleEnded`, `TooFar`.
    """
    scope.demand(Capability.PROPOSE, to="extend a session rule")
    if scope.actor.kind is ActorKind.SYSTEM:
        raise NotAllowed("A system adds session rules and leaves the rest to people. Add the sentence again instead.")
    row, rule = _locked(scope, session, rule_id, at=at)
    if minutes not in EXTENSIONS:
        raise TooFar("A session rule is extended by 15 minutes or by one hour at a time.")
    until = ends_at(row, rule) + timedelta(minutes=minutes)
    if until > at + FURTHEST:
        raise TooFar("A session rule lives at most a day ahead. Promote it to an amendment if it should last.")
    rule.expires_at = until
    rule.save(update_fields=["expires_at"])
    said = f"“{rule.text}” in the session {row.name} lives {minutes} minutes longer."
    _record(scope, at, verb="extend", name=row.name, said=said, rules=[rule])
    return rule


def looked(*, scope: Scope, session: str, at: datetime) -> bool:
    """Somebody who works under a session read its rules: its hour begins anew and what has expired is recorded. Inside the
    caller's tenant transaction. False, and nothing happens, for who only looks (a person who may not add, another system)."""
    is_agent = scope.actor.kind is ActorKind.SYSTEM
    if not (is_agent or scope.can(Capability.PROPOSE)) or not session_names.is_name(session):
        return False
    rows = RuleSession.objects.select_for_update(no_key=True)
    row = rows.filter(tenant_id=scope.tenant_id, name=session).first()
    if row is None or (row.system_id and not _owns(scope, row)):
        return False
    gone = expire(tenant_id=scope.tenant_id, session_id=row.id, at=at)
    _renew(row, at=at)
    record_expiry(tenant_id=scope.tenant_id, name=row.name, ends=gone, at=at)
    return True


def ends_at(session: RuleSession, rule: SessionRule) -> datetime:
    """When the rule's time is over, unless somebody asks the session before."""
    hour = session.accessed_at + TTL
    return max(hour, rule.expires_at) if rule.expires_at else hour


_OPEN = """
INSERT INTO rule_sessions (id, tenant_id, name, system_id, opened_by, created_at, accessed_at)
VALUES (%(id)s, %(tenant)s, %(name)s, NULL, %(by)s, %(at)s, %(at)s)
ON CONFLICT (tenant_id, name) DO UPDATE SET name = EXCLUDED.name
RETURNING id
"""


def _opened(scope: Scope, name: str, *, system: str, at: datetime) -> tuple[RuleSession, tuple[Ended, ...]]:
    """The session, locked and its hour begun anew, and what had expired in it. One whose rules are all over is opened afresh.

    The insert locks what is there, so that a cleaner that deletes it at the same moment is waited for.
    """
    values: dict[str, Any] = {
        "id": new_id(at),
        "tenant": scope.tenant_id,
        "name": name,
        "by": scope.actor.name,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, values)
        session_id = cursor.fetchone()[0]
    row = RuleSession.objects.get(tenant_id=scope.tenant_id, id=session_id)
    gone = expire(tenant_id=scope.tenant_id, session_id=row.id, at=at)
    if not SessionRule.objects.filter(tenant_id=scope.tenant_id, session=row, ended_at=None).exists():
        row.system_id = _whose(scope, system)
        row.opened_by, row.created_at = scope.actor.name, at
        row.save(update_fields=["system", "opened_by", "created_at"])
    elif not _owns(scope, row):
        raise NotItsSession(
            f"The session {name} is not yours: a system adds rules to sessions that it opened or that were opened for it."
        )
    elif system and row.system_id != _whose(scope, system):
        raise Invalid(
            f"The session {name} is open already and not {system}’s.", problems=(("/system", "is not this session’s"),)
        )
    _renew(row, at=at)
    return row, gone


def _whose(scope: Scope, system: str) -> UUID | None:
    if scope.actor.kind is ActorKind.SYSTEM:
        return scope.actor.user_id
    return registry.system(scope=scope, name=system).id if system else None


def _owns(scope: Scope, row: RuleSession) -> bool:
    return scope.actor.kind is not ActorKind.SYSTEM or row.system_id == scope.actor.user_id


def _renew(row: RuleSession, *, at: datetime) -> None:
    row.accessed_at = max(row.accessed_at, at)
    row.save(update_fields=["accessed_at"])


def _live(row: RuleSession) -> list[SessionRule]:
    rows = SessionRule.objects.filter(tenant_id=row.tenant_id, session=row, ended_at=None)
    return list(rows.order_by("position"))


def _next(row: RuleSession) -> int:
    rows = SessionRule.objects.filter(tenant_id=row.tenant_id, session=row)
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _make_room(scope: Scope, live: list[SessionRule], *, at: datetime) -> tuple[Ended, ...]:
    """Let the first ones in fall out until one more fits."""
    surplus = len(live) + 1 - MOST
    if surplus <= 0:
        return ()
    is_agent = scope.actor.kind is ActorKind.SYSTEM
    may_go = [one for one in live if not is_agent or is_agent_name(one.added_by)]
    if len(may_go) < surplus:
        raise SessionFull(f"The session holds {MOST} rules of people, which a system cannot push out. Ask one of them.")
    return tuple(_end(one, SessionRuleEnd.EVICTED, at=at) for one in may_go[:surplus])


def _added(scope: Scope, row: RuleSession, sentence: str, *, position: int, at: datetime) -> SessionRule:
    source = f"session {row.name}"
    theory = english.compiled(sentence, id=engine_id(name=row.name, position=position), source=source)
    rules = [rule_text(replace(rule, enacted_at=at)) for rule in theory.rules] if theory else []
    return SessionRule.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        session=row,
        position=position,
        text=sentence,
        rules="\n".join(rules),
        added_by=scope.actor.name,
        user_id=scope.actor.user_id,
        added_at=at,
    )


def _locked(scope: Scope, name: str, rule_id: UUID, *, at: datetime) -> tuple[RuleSession, SessionRule]:
    """The rule and its session, the session locked. Raises `NotFound`, `RuleEnded`."""
    rows = RuleSession.objects.select_for_update(no_key=True)
    session = rows.filter(tenant_id=scope.tenant_id, name=name).first() if session_names.is_name(name) else None
    rule = (
        SessionRule.objects.filter(tenant_id=scope.tenant_id, session=session, id=rule_id).first() if session else None
    )
    if session is None or rule is None:
        raise NotFound("There is no such session rule. The session’s page shows those there are.")
    if rule.ended_at is not None or ends_at(session, rule) <= at:
        raise RuleEnded(f"“{rule.text}” is no longer in force. Add it again if it should be.")
    return session, rule


def _end(rule: SessionRule, because: SessionRuleEnd, *, at: datetime) -> Ended:
    rule.ended_at, rule.ended_because = at, because.value
    rule.save(update_fields=["ended_at", "ended_because"])
    return Ended(rule.text, because.value, at, rule.id)


def _standing(rule: SessionRule) -> str:
    return f"enforced, {english.effect(rule.text)}" if rule.rules else "guidance for the agent"


def _count(number: int) -> str:
    return f"{number} rule" if number == 1 else f"{number} rules"


def _record(
    scope: Scope, at: datetime, *, verb: str, name: str, said: str, rules: Iterable[SessionRule],
    evicted: Iterable[Ended] = (), ended: Iterable[Ended] = (),
) -> None:  # fmt: skip
    ledger.append(
        scope=scope,
        at=at,
        event_type="session_rule",
        action={
            "name": f"sessions.{verb}",
            "subject": name,
            "rules": [
                {
                    "id": str(one.id),
                    "rule": one.text,
                    "compiled": one.rules,
                    "expires_at": one.expires_at.isoformat() if one.expires_at else None,
                }
                for one in rules
            ],
            "evicted": [end.as_json() for end in evicted],
            "ended": [end.as_json() for end in ended],
        },
        explanation=said,
    )
