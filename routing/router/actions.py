from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.registry.models import System
from governance.rulebook import question
from governance.scope import Capability, Scope
from routing.router import embedding
from routing.router.models import RoutingRule

LONGEST: Final = 1_000
MOST_ALTERNATIVES: Final = 5


class BadRule(Invalid):
    """A member of the rule is missing, too long or contradicts another; `problems` says which."""

    code = "bad_routing_rule"


class PatternTaken(DomainError):
    """A rule with this pattern is on."""

    code = "pattern_taken"


class SwitchedAlready(DomainError):
    """The rule is on, or off, already."""

    code = "switched_already"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says about a rule. `alternatives` are asked in this order where the system fails."""

    pattern: str
    system: str
    alternatives: Sequence[str] = ()
    action: str = ""
    confidence: Decimal = Decimal(1)


def write_rule(*, scope: Scope, wish: Wish, at: datetime) -> RoutingRule:
    """Say where requests like `pattern` go. In force at once.

    Raises `NotAllowed`, `BadRule`, `NotFound` (a system), `PatternTaken`.
    """
    scope.demand(Capability.ROUTE, to="write a routing rule")
    # HAZARD: an embedder may be a service far away, so it is asked before the transaction; what it cannot do now the task does.
    return _write(scope=scope, wish=wish, vector=embedding.vector_now(wish.pattern, tenant_id=scope.tenant_id), at=at)


def edit_rule(*, scope: Scope, rule_id: UUID, wish: Wish, at: datetime) -> RoutingRule:
    """Say it anew; a learned rule becomes a person's by it. Raises what `write_rule` raises, and `NotFound`."""
    scope.demand(Capability.ROUTE, to="edit a routing rule")
    return _edit(
        scope=scope,
        rule_id=rule_id,
        wish=wish,
        vector=embedding.vector_now(wish.pattern, tenant_id=scope.tenant_id),
        at=at,
    )


@governed("router.switch_rule", subject="rule_id")
def switch_rule(*, scope: Scope, rule_id: UUID, is_active: bool, at: datetime) -> RoutingRule:
    """Turn a rule on or off; off, it stays with its history.

    Raises `NotAllowed`, `NotFound`, `SwitchedAlready`, `PatternTaken`.
    """
    scope.demand(Capability.ROUTE, to="switch a routing rule")
    row = _locked(scope, rule_id)
    word = "on" if is_active else "off"
    if row.is_active == is_active:
        raise SwitchedAlready(f"The rule is {word} already.")
    row.is_active, row.updated_at, row.updated_by = is_active, at, scope.actor.name
    save(row, is_new=False)
    said = f'{scope.actor.name} turned {word} the routing rule "{row.request_pattern}".'
    record(scope, row, "switch_rule", said, at=at, is_active=is_active)
    return row


@governed("router.write_rule")
def _write(*, scope: Scope, wish: Wish, vector: embedding.Vector | None, at: datetime) -> RoutingRule:
    values = _checked(scope, wish)
    row = RoutingRule(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        last_validated=at,
        created_at=at,
        created_by=scope.actor.name,
        auto_generated=False,
    )
    _put(row, values, vector, scope=scope, at=at)
    save(row, is_new=True)
    said = f'{scope.actor.name} wrote a routing rule: requests like "{row.request_pattern}" go to {road(wish)}.'
    record(scope, row, "write_rule", said, at=at, after=said_of(wish))
    return row


@governed("router.edit_rule", subject="rule_id")
def _edit(*, scope: Scope, rule_id: UUID, wish: Wish, vector: embedding.Vector | None, at: datetime) -> RoutingRule:
    row = _locked(scope, rule_id)
    before = said_of(wish_of(row))
    values = _checked(scope, wish)
    if before == said_of(wish):
        return row
    row.auto_generated = False
    _put(row, values, vector, scope=scope, at=at)
    save(row, is_new=False)
    said = f'{scope.actor.name} edited a routing rule: requests like "{row.request_pattern}" go to {road(wish)}.'
    record(scope, row, "edit_rule", said, at=at, before=before, after=said_of(wish))
    return row


def _checked(scope: Scope, wish: Wish) -> dict[str, Any]:
    """Columns from a wish. Raises `BadRule`, `NotFound`."""
    problems = []
    pattern = wish.pattern.strip()
    if not pattern or len(pattern) > LONGEST or "\x00" in pattern:
        problems.append(("/pattern", f"is empty or longer than {LONGEST:,} characters"))
    if len(wish.alternatives) > MOST_ALTERNATIVES:
        problems.append(("/alternatives", f"are more than {MOST_ALTERNATIVES}"))
    if len({wish.system, *wish.alternatives}) <= len(wish.alternatives):
        problems.append(("/alternatives", "name a system twice, or the recommended one again"))
    if not Decimal(0) < wish.confidence <= Decimal(1):
        problems.append(("/confidence", "is above 0 and at most 1"))
    if wish.action and (fault := question.action_fault(wish.action)):
        problems.append(("/action", fault))
    if problems:
        raise BadRule("This cannot be a routing rule.", problems=tuple(problems))
    ids = _ids(scope, (wish.system, *wish.alternatives))
    return {
        "request_pattern": pattern,
        "recommended_system_id": ids[0],
        "alternative_systems": ids[1:],
        "action": wish.action,
        "confidence_score": wish.confidence,
    }


def _ids(scope: Scope, names: Sequence[str]) -> list[UUID]:
    sought = [name for name in names if "\x00" not in name]
    rows = System.objects.filter(tenant_id=scope.tenant_id, name__in=sought)
    found = dict(rows.values_list("name", "id"))
    if missing := [name for name in names if name not in found]:
        raise NotFound(f"There is no system called {missing[0][:80]}. The page Systems lists those there are.")
    return [found[name] for name in names]


def _put(
    row: RoutingRule, values: dict[str, Any], vector: embedding.Vector | None, *, scope: Scope, at: datetime
) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.request_embedding = vector.numbers if vector else None
    row.embedding_model = vector.model if vector else ""
    row.updated_at, row.updated_by = at, scope.actor.name


def save(row: RoutingRule, *, is_new: bool) -> None:
    """Raises `PatternTaken`."""
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as error:
        if "routing_rules_active_once" not in str(error):
            raise
        said = "A rule with this pattern is on already. Edit that one, or turn it off first."
        raise PatternTaken(said) from error


def _locked(scope: Scope, rule_id: UUID) -> RoutingRule:
    row = RoutingRule.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, id=rule_id).first()
    if row is None:
        raise NotFound("There is no such routing rule. The page Routing lists those there are.")
    return row


def wish_of(row: RoutingRule) -> Wish:
    """What a rule says, with its systems' names."""
    ids = [row.recommended_system_id, *row.alternative_systems]
    names = dict(System.objects.filter(tenant_id=row.tenant_id, id__in=ids).values_list("id", "name"))
    system, *alternatives = (names.get(id, "") for id in ids)
    return Wish(row.request_pattern, system, alternatives, row.action, row.confidence_score)


def said_of(wish: Wish) -> dict[str, Any]:
    """A wish as the ledger keeps it."""
    return {
        "pattern": wish.pattern.strip(),
        "system": wish.system,
        "alternatives": list(wish.alternatives),
        "action": wish.action,
        "confidence": f"{wish.confidence:.4f}",
    }


def road(wish: Wish) -> str:
    """The systems in the order in which they are asked."""
    return ", then ".join((wish.system, *wish.alternatives))


def record(scope: Scope, row: RoutingRule, verb: str, said: str, *, at: datetime, **details: Any) -> None:
    """Append what happened to a rule."""
    action = {"name": f"router.{verb}", "subject": str(row.id), "pattern": row.request_pattern, **details}
    ledger.append(scope=scope, at=at, event_type="routing", action=action, explanation=said)
