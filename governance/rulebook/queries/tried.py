"""A case that is tried: asked without being stored, with what the person may need to ask it better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from governance.audit.forms import moment_of
from governance.errors import DomainError, Invalid
from governance.policy.verdict import Verdict
from governance.registry.models import System
from governance.rulebook.asked import AskedCase
from governance.rulebook.mentioned import actions_of, facts_for
from governance.rulebook.queries.asking import preview, rules_in_force
from governance.rulebook.queries.known import system_names
from governance.rulebook.why import Why, why_of
from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Tried:
    """The form with its answer. `why` is None while nothing is asked, or while `refusal` says why nothing could be."""

    case: AskedCase
    systems: list[str]
    actions: list[str]
    suggested: tuple[str, ...]
    why: Why | None
    verdict: Verdict | None
    refusal: DomainError | None
    moment: datetime


def tried(*, scope: Scope, case: AskedCase, at: datetime) -> Tried:
    """Ask the case, if it is one already."""
    systems = system_names(scope=scope)
    system = case.system if case.system in systems else ""
    rules = [row.rule for row in rules_in_force(scope=scope, system_name=system, at=at)]
    given = {row.name for row in case.rows}
    names = facts_for(rules, action=case.action) if case.action else ()
    answer, refusal, moment = _asked(scope=scope, case=case, at=at)
    return Tried(
        case=case,
        systems=systems,
        actions=sorted({*actions_of(rules), *_declared(scope=scope, system=system)}),
        suggested=tuple(name for name in names if name not in given),
        why=why_of(answer) if answer else None,
        verdict=answer,
        refusal=refusal,
        moment=moment,
    )


def moment_asked(case: AskedCase, *, at: datetime) -> datetime:
    """The moment that the case is about: now, unless it says another. Raises `Invalid`."""
    if not case.moment:
        return at
    try:
        return moment_of(case.moment) or at
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), problems=(("/moment", "is no moment"),)) from error


def _asked(*, scope: Scope, case: AskedCase, at: datetime) -> tuple[Verdict | None, DomainError | None, datetime]:
    if not case.is_asked:
        return None, None, at
    try:
        moment = moment_asked(case, at=at)
        answer = preview(
            scope=scope,
            system_name=case.system,
            action=case.action,
            facts=case.facts(),
            session=case.session,
            at=moment,
        )
    except DomainError as refusal:
        return None, refusal, at
    return answer, None, moment


def _declared(*, scope: Scope, system: str) -> set[str]:
    """What the system's constitution names as something it can do or must ask for."""
    row = System.objects.filter(tenant_id=scope.tenant_id, name=system).values_list("constitution", flat=True).first()
    constitution: dict[str, Any] = row if isinstance(row, dict) else {}
    lists = (constitution.get(name) for name in ("capabilities", "requires_approval"))
    return {word for words in lists if isinstance(words, list) for word in words if isinstance(word, str)}
