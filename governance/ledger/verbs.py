"""The frame of every verb: one durable transaction in the tenant; a refusal is recorded after it is rolled back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from governance.errors import DomainError
from governance.ledger import actions as ledger
from governance.scope import Scope
from governance.tenancy import in_tenant

P = ParamSpec("P")
R = TypeVar("R")


def governed(name: str, *, subject: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function `f(*, scope, at, …)` a verb called `name`.

    It runs in its own outermost transaction inside the scope's tenant and has committed when it returns. A refusal that
    `is_recorded` becomes a ledger entry of its own before it is raised on. `subject` names the keyword argument that
    says what the verb acts on.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def verb(*args: P.args, **kwargs: P.kwargs) -> R:
            scope, at = cast(Scope, kwargs["scope"]), cast(datetime, kwargs["at"])
            try:
                with in_tenant(scope.tenant_id, durable=True):
                    return function(*args, **kwargs)
            except DomainError as refusal:
                if refusal.is_recorded:
                    record_refusal(scope=scope, at=at, name=name, subject=kwargs.get(subject, ""), refusal=refusal)
                raise

        return verb

    return decorate


def record_refusal(*, scope: Scope, at: datetime, name: str, subject: Any, refusal: DomainError) -> None:
    with in_tenant(scope.tenant_id, durable=True):
        ledger.append(
            scope=scope,
            at=at,
            event_type="refusal",
            action={"name": name, "subject": str(subject)[:200], "outcome": "refused", "code": refusal.code},
            explanation=refusal.sentence,
            rules_applied=[refusal.code],
            compliance_score=0.0,
        )
