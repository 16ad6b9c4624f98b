"""What pages, API and command line show of sessions. Whether a rule is in force is worked out for the moment asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import Greatest

from governance.errors import NotFound
from governance.rulebook import english, session_names
from governance.rulebook.models import RuleSession, SessionRule, SessionRuleEnd
from governance.rulebook.session_store import MOST, TTL
from governance.scope import Capability, Scope

NEAR = 40
"""From so many rules on a page says which one falls out next."""
SHOWN_ENDED = 20


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session of the list: `ends_next_at` is when its first rule is over if nobody asks, `ends_at` its last."""

    id: UUID
    name: str
    system: str
    opened_by: str
    created_at: datetime
    accessed_at: datetime
    enforced: int
    guidance: int
    ends_next_at: datetime
    ends_at: datetime

    @property
    def count(self) -> int:
        return self.enforced + self.guidance


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One sentence in force. `number` counts from the one that falls out first; `effect` is "" for guidance."""

    id: UUID
    number: int
    position: int
    text: str
    rules: str
    effect: str
    added_by: str
    added_at: datetime
    ends_at: datetime
    is_extended: bool
    uses: int
    last_used_at: datetime | None

    @property
    def is_enforced(self) -> bool:
        return bool(self.rules)


@dataclass(frozen=True, slots=True)
class EndedLine:
    """A sentence that is over, with why."""

    text: str
    because: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tray:
    """A session with its rules. An unknown name is a session without rules: the first sentence opens it."""

    name: str
    system: str
    opened_by: str
    accessed_at: datetime | None
    rules: tuple[RuleLine, ...]
    ended: tuple[EndedLine, ...]
    may_add: bool
    why_not_loosen: str
    most: int = MOST

    @property
    def enforced(self) -> int:
        return sum(rule.is_enforced for rule in self.rules)

    @property
    def is_near_full(self) -> bool:
        return len(self.rules) >= NEAR


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session rule was and did, as evidence for an amendment that makes it last."""

    id: UUID
    session: str
    sentence: str
    rules: str
    effect: str
    added_by: str
    added_at: datetime
    uses: int
    last_used_at: datetime | None
    is_in_force: bool


def sessions(*, scope: Scope, at: datetime, text: str = "", after: str = "") -> QuerySet[Any, dict[str, Any]]:
    """Sessions with rules in force, by name, as rows for `line_of`."""
    scope.demand(Capability.READ_RECORD, to="see sessions")
    alive = Q(session_rules__ended_at=None) & (Q(accessed_at__gt=at - TTL) | Q(session_rules__expires_at__gt=at))
    rows = RuleSession.objects.filter(alive, tenant_id=scope.tenant_id, session_rules__tenant_id=scope.tenant_id)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(session_rules__text__icontains=text))
    if after:
        rows = rows.filter(name__gt=after)
    ends = Greatest(F("accessed_at") + TTL, F("session_rules__expires_at"))
    found: Any = (
        rows.order_by("name")
        .values("id", "name", "opened_by", "created_at", "accessed_at", "system__name")
        .annotate(
            enforced=Count("session_rules", filter=~Q(session_rules__rules="")),
            guidance=Count("session_rules", filter=Q(session_rules__rules="")),
            ends_next_at=Min(ends),
            ends_at=Max(ends),
        )
    )
    return found


def line_of(row: dict[str, Any]) -> SessionLine:
    """One row of `sessions`."""
    return SessionLine(
        **{key: value for key, value in row.items() if key != "system__name"}, system=row["system__name"] or ""
    )


def tray(*, scope: Scope, name: str, at: datetime) -> Tray:
    """One session with what is in force and what ended lately; an empty one for a name that has no rules. Extends nothing.

    Raises `NotFound` for what no session can be called.
    """
    scope.demand(Capability.READ_RECORD, to="see a session")
    if not session_names.is_name(name):
        raise NotFound(
            "No session can be called so: names are made of letters, digits, _ . and -, such as session-123."
        )
    session = RuleSession.objects.filter(tenant_id=scope.tenant_id, name=name).select_related("system").first()
    kept = (
        list(SessionRule.objects.filter(tenant_id=scope.tenant_id, session=session).order_by("position"))
        if session
        else []
    )
    live = [rule for rule in kept if session and _is_alive(session, rule, at=at)]
    over = [_over(session, rule) for rule in kept if session and not _is_alive(session, rule, at=at)]
    is_open = bool(session and live)
    return Tray(
        name=name,
        system=session.system.name if session and session.system and is_open else "",
        opened_by=session.opened_by if session and is_open else "",
        accessed_at=session.accessed_at if session else None,
        rules=tuple(_line(session, rule, number) for number, rule in enumerate(live, start=1) if session),
        ended=tuple(sorted(over, key=lambda line: line.at, reverse=True)[:SHOWN_ENDED]),
        may_add=scope.can(Capability.PROPOSE),
        why_not_loosen=scope.why_not(Capability.ROLL_BACK, to="revoke or reset session rules: that loosens them"),
    )


def rule_of(*, scope: Scope, name: str, rule_id: UUID, at: datetime) -> RuleLine:
    """One rule in force. Raises `NotFound`."""
    for rule in tray(scope=scope, name=name, at=at).rules:
        if rule.id == rule_id:
            return rule
    raise NotFound("There is no such rule in force in this session. The session’s page shows those there are.")


def usage_of(*, scope: Scope, rule_id: UUID, at: datetime) -> Usage:
    """What a session rule did, also one that ended lately. Raises `NotFound`."""
    scope.demand(Capability.READ_RECORD, to="see a session rule")
    rows = SessionRule.objects.filter(tenant_id=scope.tenant_id, id=rule_id).select_related("session")
    rule = rows.first()
    if rule is None:
        raise NotFound("There is no such session rule. The session’s page shows those there are.")
    return Usage(
        id=rule.id,
        session=rule.session.name,
        sentence=rule.text,
        rules=rule.rules,
        effect=english.effect(rule.text) if rule.rules else "",
        added_by=rule.added_by,
        added_at=rule.added_at,
        uses=rule.uses,
        last_used_at=rule.last_used_at,
        is_in_force=_is_alive(rule.session, rule, at=at),
    )


def _is_alive(session: RuleSession, rule: SessionRule, *, at: datetime) -> bool:
    return rule.ended_at is None and _ends(session, rule) > at


def _ends(session: RuleSession, rule: SessionRule) -> datetime:
    hour = session.accessed_at + TTL
    return max(hour, rule.expires_at) if rule.expires_at else hour


def _line(session: RuleSession, rule: SessionRule, number: int) -> RuleLine:
    ends = _ends(session, rule)
    return RuleLine(
        id=rule.id,
        number=number,
        position=rule.position,
        text=rule.text,
        rules=rule.rules,
        effect=english.effect(rule.text) if rule.rules else "",
        added_by=rule.added_by,
        added_at=rule.added_at,
        ends_at=ends,
        is_extended=ends > session.accessed_at + TTL,
        uses=rule.uses,
        last_used_at=rule.last_used_at,
    )


def _over(session: RuleSession, rule: SessionRule) -> EndedLine:
    because = SessionRuleEnd(rule.ended_because or SessionRuleEnd.EXPIRED)
    return EndedLine(rule.text, because.value, str(because.label), rule.ended_at or _ends(session, rule))
