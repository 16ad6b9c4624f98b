"""Session rules where a decision reads them (one statement) and marks them (two). Inside the caller's tenant transaction.

INVARIANT: whether a rule is in force follows from the moment asked about and from nothing that a task has to do first: it lives
until the later of its session's hour and its own `expires_at`. Marking an end is bookkeeping, done by whoever notices first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from governance.ledger import actions as ledger
from governance.policy.rules import Rule, Theory
from governance.policy.text import parse
from governance.rulebook.models import SessionRuleEnd
from governance.scope import tars_scope

TTL = timedelta(hours=1)
MOST = 50
TOLD = (SessionRuleEnd.EXPIRED, SessionRuleEnd.EVICTED)
"""Ends that nobody decided upon: the session's next decision is told of them. Revoking and resetting are people's acts."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A rule that is no longer in force: `because` "expired" or "evicted" (or "revoked", "reset"), since `at`."""

    rule: str
    because: str
    at: datetime
    id: UUID

    @property
    def sentence(self) -> str:
        words = {"expired": "has expired", "evicted": "fell out: the session was full"}
        return f"“{self.rule}” {words.get(self.because, f'was {self.because}')}."

    def as_json(self) -> dict[str, str]:
        return {"rule": self.rule, "because": self.because, "at": self.at.isoformat(), "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class InForce:
    """What a session adds to one decision. `texts`: its rules in the text format, `enforced`: the sentences that they came from;
    `guidance`: its other sentences, for the agent; `ended`: what the next stored decision will tell."""

    name: str = ""
    session_id: UUID | None = None
    theory: Theory = field(default_factory=Theory)
    texts: tuple[str, ...] = ()
    guidance: tuple[str, ...] = ()
    ended: tuple[Ended, ...] = ()
    enforced: tuple[str, ...] = ()


_ENDS = "greatest(s.accessed_at + %(ttl)s, r.expires_at)"
"""greatest() ignores null."""

_IN_FORCE = f"""
SELECT s.id, r.id, r.text, r.rules, {_ENDS}, r.ended_at, r.ended_because
FROM rule_sessions s JOIN session_rules r ON r.tenant_id = s.tenant_id AND r.session_id = s.id
WHERE s.tenant_id = %(tenant)s AND s.name = %(name)s
  AND (r.ended_at IS NULL OR (r.told_at IS NULL AND r.ended_because IN ('expired', 'evicted')))
ORDER BY r.position
"""  # noqa: S608

_LOCK = "SELECT id FROM rule_sessions WHERE tenant_id = %(tenant)s AND name = %(name)s FOR NO KEY UPDATE"
"""A statement of its own: `old` in RETURNING is the row of the statement's snapshot, which must be younger than the lock."""

_TOUCH = f"""
WITH s AS (SELECT id, tenant_id, accessed_at FROM rule_sessions WHERE tenant_id = %(tenant)s AND name = %(name)s),
renewed AS (UPDATE rule_sessions t SET accessed_at = greatest(t.accessed_at, %(at)s) FROM s
            WHERE t.tenant_id = s.tenant_id AND t.id = s.id)
UPDATE session_rules r SET
  uses = r.uses + CASE WHEN r.ended_at IS NULL AND {_ENDS} > %(at)s THEN 1 ELSE 0 END,
  last_used_at = CASE WHEN r.ended_at IS NULL AND {_ENDS} > %(at)s THEN greatest(r.last_used_at, %(at)s) ELSE r.last_used_at END,
  ended_at = CASE WHEN r.ended_at IS NULL AND {_ENDS} <= %(at)s THEN {_ENDS} ELSE r.ended_at END,
  ended_because = CASE WHEN r.ended_at IS NULL AND {_ENDS} <= %(at)s THEN 'expired' ELSE r.ended_because END,
  told_at = CASE WHEN r.ended_at IS NULL AND {_ENDS} > %(at)s THEN NULL ELSE %(at)s END
FROM s WHERE r.tenant_id = s.tenant_id AND r.session_id = s.id AND (
  (r.ended_at IS NULL AND ({_ENDS} <= %(at)s OR r.position = ANY(%(positions)s) OR r.rules = ''))
  OR (r.told_at IS NULL AND r.ended_because IN ('expired', 'evicted')))
RETURNING new.id, new.text, new.ended_because, new.ended_at, old.ended_at IS NULL
"""  # noqa: S608

_EXPIRE = f"""
UPDATE session_rules r SET ended_at = {_ENDS}, ended_because = 'expired' FROM rule_sessions s
WHERE s.tenant_id = %(tenant)s AND s.id = %(session)s AND r.tenant_id = s.tenant_id AND r.session_id = s.id
  AND r.ended_at IS NULL AND {_ENDS} <= %(at)s
RETURNING r.id, r.text, r.ended_because, r.ended_at
"""  # noqa: S608


def in_force(*, tenant_id: UUID, name: str, at: datetime) -> InForce:
    """What the session adds to a decision at that moment, in one query; nothing for "" and for an unknown name."""
    if not name:
        return InForce()
    found = _rows(_IN_FORCE, {"tenant": tenant_id, "name": name, "ttl": TTL})
    texts, enforced, guidance, ended = [], [], [], []
    for _, rule_id, text, rules, ends_at, ended_at, because in found:
        if ended_at is not None:
            ended.append(Ended(text, because, ended_at, rule_id))
        elif ends_at <= at:
            ended.append(Ended(text, SessionRuleEnd.EXPIRED.value, ends_at, rule_id))
        elif rules:
            texts.append(rules)
            enforced.append(text)
        else:
            guidance.append(text)
    theory = Theory(rules=tuple(rule for text in texts for rule in _parsed(text)))
    id = found[0][0] if found else None
    return InForce(name, id, theory, tuple(texts), tuple(guidance), tuple(ended), tuple(enforced))


def touched(*, tenant_id: UUID, name: str, rule_ids: Iterable[str], at: datetime) -> tuple[Ended, ...]:
    """A stored decision asked the session: its hour begins anew, the rules of `rule_ids` and its guidance were used, what has
    expired is marked. Returns the ends that this decision tells; each is returned once, whatever happens at once.

    Locks the session's row, then perhaps the ledger's head (an expiry is recorded): call it after every other lock.
    """
    if not name:
        return ()
    positions = [number for rule_id in rule_ids if (number := _position(rule_id, name=name)) is not None]
    values = {"tenant": tenant_id, "name": name, "ttl": TTL, "at": at, "positions": positions}
    found = _rows(_TOUCH, values) if _rows(_LOCK, values) else []
    told = sorted(
        ((Ended(text, because, ended_at, id), is_news) for id, text, because, ended_at, is_news in found if because),
        key=lambda pair: (pair[0].at, pair[0].id),
    )
    record_expiry(
        tenant_id=tenant_id,
        name=name,
        ends=[end for end, is_news in told if is_news and end.because == SessionRuleEnd.EXPIRED.value],
        at=at,
    )
    return tuple(end for end, _ in told)


def expire(*, tenant_id: UUID, session_id: UUID, at: datetime) -> tuple[Ended, ...]:
    """Mark what has expired; the caller holds the session's lock and records the answer. Each rule is in one answer only."""
    found = _rows(_EXPIRE, {"tenant": tenant_id, "session": session_id, "ttl": TTL, "at": at})
    return tuple(sorted((Ended(text, because, ends, id) for id, text, because, ends in found), key=lambda end: end.id))


def record_expiry(*, tenant_id: UUID, name: str, ends: Iterable[Ended], at: datetime) -> None:
    """The ledger's entry for rules whose time was over: TARS noticed it. The last lock of the caller."""
    if gone := list(ends):
        words = f"{len(gone)} rules have" if len(gone) > 1 else "A rule has"
        ledger.append(
            scope=tars_scope(tenant_id),
            at=at,
            event_type="session_rule",
            action={"name": "sessions.expire", "subject": name, "rules": [end.as_json() for end in gone]},
            explanation=f"{words} expired in the session {name}: {'; '.join(end.rule for end in gone)}.",
        )


def engine_id(*, name: str, position: int) -> str:
    """How a session's rule is called in a verdict; several globs add `.2`, `.3` …"""
    return f"session/{name}/{position}"


def _position(rule_id: str, *, name: str) -> int | None:
    prefix = f"session/{name}/"
    number = rule_id.removeprefix(prefix).partition(".")[0]
    return int(number) if rule_id.startswith(prefix) and number.isascii() and number.isdigit() else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[Rule, ...]:
    return parse(text).rules


def _rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
