"""Saved cases: regression tests of the law. A case never changes; retire it and save another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from governance import canonical
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger import actions as ledger
from governance.ledger.verbs import governed
from governance.policy.verdict import Outcome
from governance.registry.models import System
from governance.rulebook.models import PolicyCase
from governance.scope import Capability, Scope

MOST_BYTES: Final = 64 * 1024
MOST_CASES: Final = 500
MOST_NAME: Final = 120
MOST_RULES: Final = 50


class CaseExists(DomainError):
    """A case of that name is in use."""

    code = "case_exists"


class TooManyCases(DomainError):
    """The tenant has as many cases as every amendment of the law can run at once."""

    code = "too_many_cases"


class CaseRetired(DomainError):
    """The case is retired already."""

    code = "case_retired"


class BadCase(Invalid):
    """A case without a name, an action or facts that can be kept."""

    code = "bad_case"


@governed("rulebook.save_case", subject="name")
def save_case(
    *,
    scope: Scope,
    name: str,
    system_name: str,
    action: str,
    facts: dict[str, Any],
    expected: Outcome,
    at: datetime,
    expected_rules: Iterable[str] = (),
    decided_at: datetime | None = None,
    note: str = "",
) -> PolicyCase:
    """Keep a question with the outcome it must have, and the rules that must be among its reasons.

    `decided_at` is the moment that the case is about; None: whenever it runs. Raises `NotAllowed`, `NotFound`, `BadCase`,
    `CaseExists`, `TooManyCases`.
    """
    scope.demand(Capability.PROPOSE, to="save a case")
    rules = sorted({rule.strip() for rule in expected_rules} - {""})
    _check(name=name, action=action, facts=facts, rules=rules)
    system = _system(scope, system_name)
    _demand_room(scope)
    case = _written(
        PolicyCase(
            id=new_id(at),
            tenant_id=scope.tenant_id,
            name=name.strip(),
            system=system,
            action=action.strip(),
            facts=facts,
            decided_at=decided_at,
            expected=expected.value,
            expected_rules=rules,
            note=note.strip(),
            created_at=at,
            created_by=scope.actor.name,
        )
    )
    said = f"saved the case “{case.name}”: {system.name} doing {case.action} must get {expected.value}."
    _append(scope, "save_case", case, said, at=at, case=record(case))
    return case


@governed("rulebook.retire_case", subject="case_id")
def retire_case(*, scope: Scope, case_id: UUID, at: datetime, why: str = "") -> PolicyCase:
    """Stop running a case. It stays on record. Raises `NotAllowed`, `NotFound`, `CaseRetired`."""
    scope.demand(Capability.PROPOSE, to="retire a case")
    rows = PolicyCase.objects.select_for_update(of=("self",)).select_related("system")
    case = rows.filter(tenant_id=scope.tenant_id, id=case_id).first()
    if case is None:
        raise NotFound("There is no such case. The list of cases shows those there are.")
    if case.retired_at is not None:
        raise CaseRetired(f"“{case.name}” was retired before; nothing runs it any more.")
    case.retired_at = at
    case.save(update_fields=["retired_at"])
    said = f"retired the case “{case.name}”{f': {why.strip()}' if why.strip() else '.'}"
    _append(scope, "retire_case", case, said, at=at, why=why.strip())
    return case


def record(case: PolicyCase) -> dict[str, Any]:
    """A case as the ledger and the API say it."""
    return {
        "name": case.name,
        "system": case.system.name,
        "action": case.action,
        "facts": case.facts,
        "decided_at": case.decided_at.isoformat() if case.decided_at else None,
        "expected": case.expected,
        "expected_rules": case.expected_rules,
        "note": case.note,
    }


def _check(*, name: str, action: str, facts: Any, rules: list[str]) -> None:
    faults = [
        ("/name", f"is a text of 1 to {MOST_NAME} letters", 0 < len(name.strip()) <= MOST_NAME),
        ("/action", "names the action, in at most 200 letters", 0 < len(action.strip()) <= 200),
        ("/facts", "is an object", isinstance(facts, dict)),
        ("/expected_rules", f"has at most {MOST_RULES} rules", len(rules) <= MOST_RULES),
    ]
    if wrong := tuple((pointer, said) for pointer, said, holds in faults if not holds):
        raise BadCase(f"{wrong[0][0][1:].replace('_', ' ').capitalize()} {wrong[0][1]}.", problems=wrong)
    canonical.check_value(facts, refuses_big_doubles=True)
    if len(canonical.canonical_bytes(facts)) > MOST_BYTES:
        raise BadCase("The facts of a case are larger than 64 KiB. Keep those that the rules ask for.")


def _system(scope: Scope, name: str) -> System:
    found = System.objects.only("id", "name").filter(tenant_id=scope.tenant_id, name=name).first()
    if found is None:
        raise NotFound(f"There is no system called {name[:80]}.")
    return found


def _demand_room(scope: Scope) -> None:
    if PolicyCase.objects.filter(tenant_id=scope.tenant_id, retired_at=None).count() >= MOST_CASES:
        raise TooManyCases(
            f"A tenant keeps at most {MOST_CASES} cases. Retire one that says what another says as well."
        )


def _append(scope: Scope, verb: str, case: PolicyCase, said: str, /, *, at: datetime, **details: Any) -> None:
    action = {"name": f"rulebook.{verb}", "subject": case.name, "case_id": str(case.id), **details}
    ledger.append(scope=scope, at=at, event_type="authority", action=action, explanation=f"{scope.actor.name} {said}")


def _written(case: PolicyCase) -> PolicyCase:
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        if "policy_cases_name" not in str(error):
            raise
        raise CaseExists(
            f"A case called “{case.name}” is there already. Retire it first, or choose another name."
        ) from error
    return case
