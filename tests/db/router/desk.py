"""What the router's tests share: systems that can be reached, and a request chosen for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from governance.registry.actions import register_system
from governance.registry.models import System, SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.connectors.actions import configure
from routing.router import actions, embedding
from routing.router.models import RoutingRule
from routing.router.queries import Choice, choose
from tests import factories as make

AGENTS = "https://agents.example.com"


def system(cast: make.Cast, name: str, *capabilities: str, description: str = "", **constitution: Any) -> System:
    made = register_system(
        scope=cast.bo,
        name=name,
        type=SystemType.COMPONENT,
        description=description,
        constitution={"skill": name, "version": "1.0.0", "capabilities": list(capabilities), **constitution},
        at=make.AT,
    )
    configure(scope=cast.bo, system_name=name, deployment_type="fastapi", target=f"{AGENTS}/{name}", at=make.AT)
    return made


def written(scope: Scope, pattern: str, system: str, *alternatives: str, **more: Any) -> RoutingRule:
    wish = actions.Wish(
        pattern=pattern,
        system=system,
        alternatives=alternatives,
        action=more.pop("action", ""),
        confidence=Decimal(more.pop("confidence", "1")),
    )
    return actions.write_rule(scope=scope, wish=wish, at=make.later(more.pop("minutes", 1)))


def embedded(cast: make.Cast) -> None:
    embedding.embed_rules(tenant_id=cast.tenant.id)
    embedding.embed_systems(tenant_id=cast.tenant.id)


def chosen(scope: Scope, text: str, **more: Any) -> Choice:
    with in_tenant(scope.tenant_id):
        return choose(scope=scope, text=text, at=make.later(5), **more)


def names(choice: Choice) -> list[str]:
    return [one.name for one in choice.candidates if not one.vetoes]


def vetoes(choice: Choice, name: str) -> list[str]:
    return [veto.code for one in choice.candidates if one.name == name for veto in one.vetoes]
