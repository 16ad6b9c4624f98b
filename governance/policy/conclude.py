"""`conclude`: what follows from a theory, by the standard proof conditions (docs/policy.md section 1), in linear time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.policy.ground import grounded
from governance.policy.network import Kind, Network
from governance.policy.order import order_of
from governance.policy.propagation import PROVED, REFUTED, Defeasible, Definite
from governance.policy.rules import Theory
from governance.policy.terms import Literal
from governance.policy.writing import literal_text


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What is proved (+) and what is refuted (-), over every atom of the theory under both signs, in no particular order.

    `literals` are all of them, `not_…` those proved to be unprovable; a literal in neither hangs on itself.
    `terminal_violations` are ids of rules whose every duty is broken. `steps` counts the work, for tests of its growth.
    """

    literals: tuple[Literal, ...]
    definite: tuple[Literal, ...]
    not_definite: tuple[Literal, ...]
    defeasible: tuple[Literal, ...]
    not_defeasible: tuple[Literal, ...]
    obligations: tuple[Literal, ...]
    not_obligations: tuple[Literal, ...]
    permissions: tuple[Literal, ...]
    not_permissions: tuple[Literal, ...]
    violations: tuple[Literal, ...]
    terminal_violations: tuple[str, ...]
    has_norms: bool
    steps: int

    def as_json(self, *, is_normative: bool | None = None) -> dict[str, list[str]]:
        """Sorted texts: `+D -D +d -d`, or of a theory with norms its facts, duties, permissions and breaches."""
        if not (self.has_norms if is_normative is None else is_normative):
            return {
                "+D": _texts(self.definite),
                "-D": _texts(self.not_definite),
                "+d": _texts(self.defeasible),
                "-d": _texts(self.not_defeasible),
            }
        return {
            "facts_derived": _texts(self.defeasible),
            "obligations": _texts(self.obligations),
            "permissions": _texts(self.permissions),
            "violations": _texts(self.violations),
            "terminal_violations": sorted(self.terminal_violations),
        }


def conclude(theory: Theory, *, at: datetime | None = None) -> Conclusions:
    """Tag every literal of the theory; with `at`, rules that are not valid then count as if their body were refuted.

    Raises `NotATheory` for rules whose variables cannot be bound, or give too many instances.
    """
    network = Network(theory.facts, grounded(theory, at=at))
    definite = Definite(network)
    order = order_of(network, rules=theory.rules, preferences=theory.preferences)
    found = Defeasible(network, definite, order)
    return _read(network, definite, found)


def _read(network: Network, definite: Definite, found: Defeasible) -> Conclusions:
    literals, status, has_norms = network.literals, found.status, network.has_norms

    def tagged(tag: int, kind: Kind) -> tuple[Literal, ...]:
        tags = status[kind :: network.stride] if has_norms or not kind else ()
        return tuple(literal for literal, own in zip(literals, tags, strict=False) if own == tag)

    return Conclusions(
        literals=tuple(literals),
        definite=tuple(one for one, own in zip(literals, definite.status, strict=True) if own == PROVED),
        not_definite=tuple(one for one, own in zip(literals, definite.status, strict=True) if own == REFUTED),
        defeasible=tagged(PROVED, Kind.CONSTITUTIVE),
        not_defeasible=tagged(REFUTED, Kind.CONSTITUTIVE),
        obligations=tagged(PROVED, Kind.PRESCRIPTIVE),
        not_obligations=tagged(REFUTED, Kind.PRESCRIPTIVE),
        permissions=tagged(PROVED, Kind.PERMISSIVE),
        not_permissions=tagged(REFUTED, Kind.PERMISSIVE),
        violations=_violations(network, status) if has_norms else (),
        terminal_violations=_terminal(network, found),
        has_norms=has_norms,
        steps=definite.steps + found.steps,
    )


def _violations(network: Network, status: list[int]) -> tuple[Literal, ...]:
    duty, fact = Kind.PRESCRIPTIVE, Kind.CONSTITUTIVE
    return tuple(
        literal
        for number, literal in enumerate(network.literals)
        if status[network.node(number, duty)] == PROVED and status[network.node(number ^ 1, fact)] == PROVED
    )


def _terminal(network: Network, found: Defeasible) -> tuple[str, ...]:
    arms = (arm for arm, kind in enumerate(network.arm_kind) if kind is Kind.TERMINAL and found.reached[arm] == PROVED)
    return tuple(dict.fromkeys(network.instances[network.arm_instance[arm]].rule.id for arm in arms))


def _texts(literals: Iterable[Literal]) -> list[str]:
    return sorted(map(literal_text, literals))
