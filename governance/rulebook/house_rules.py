"""TARS's own few rules, with the source "TARS": e-stop, drift, the safety budget, and its own verbs. Pure.

They speak about facts that TARS alone asserts (`facts_of`). `system.act` says what kind of act is asked about: `reads` only
looks, `ends` stops or undoes work under way, `governs` is a person's (or TARS's own) act of governance, `acts` is everything
else. Only what `acts` is held back by e-stop, drift and safety; a constitutional prohibition binds all four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from governance.canonical import JSON
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import Atom, Compares, Condition, Expression, Fact, Holds, Literal
from governance.rulebook.heads import approved, forbidden, permitted

VERSION: Final = "2"
"""Part of every rulebook's digest: raise it whenever a rule here changes."""

READS: Final = tuple(
    glob for verb in ("read", "get", "list", "search", "view", "show") for glob in (verb, f"{verb}[-_./:]*")
)
"""What only looks, unless `read_actions` of the law or of the constitution says otherwise."""
ENDS: Final = ("abort", "compensate")
GOVERNS: Final = (
    "amend_constitution",
    "roll_back_amendment",
    "import_law",
    "press_estop",
    "lift_estop",
    "set_drift_state",
    "update_session_rules",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system stands when it asks. `risk_left` is None without a safety budget."""

    status: str = "active"
    stopped_because: str | None = None
    drift: str = "NORMAL"
    is_spent: bool = False
    risk: Decimal = Decimal(0)
    risk_left: Decimal | None = None


def facts_of(
    *, system: str, type: str, act: str, actor: str, actor_kind: str, session: str, standing: Standing
) -> dict[str, Any]:
    """What TARS asserts about a question, beside what the caller says."""
    facts: dict[str, Any] = {
        "actor": {"kind": actor_kind, "name": actor},
        "drift": {"state": standing.drift},
        "estop": {"in_force": standing.stopped_because is not None},
        "safety": {"is_counted": standing.risk_left is not None, "is_spent": standing.is_spent},
        "system": {"act": act, "name": system, "status": standing.status, "type": type},
    }
    if standing.risk_left is not None:
        facts["safety"] |= {"cost": _number(standing.risk), "left": _number(standing.risk_left)}
    if session:
        facts["session"] = {"name": session}
    return facts


def act_of(action: str, *, actor_kind: str, law: Sequence[str] | None = None, own: Sequence[str] | None = None) -> str:
    """`reads`, `ends`, `governs` or `acts`."""
    if actor_kind != "system" and action in GOVERNS:
        return "governs"
    if any(action == verb or action.startswith(tuple(f"{verb}{sign}" for sign in "./:")) for verb in ENDS):
        return "ends"
    return "reads" if reads(action, law=law, own=own) else "acts"


def reads(action: str, *, law: Sequence[str] | None = None, own: Sequence[str] | None = None) -> bool:
    """Whether the action only looks. A constitution (`own`) says which do; it may not go beyond the law, if that says."""
    globs = own if own is not None else law if law is not None else READS
    return _covered(action, globs) and (law is None or _covered(action, law))


def list_of(document: JSON) -> Sequence[str] | None:
    """The `read_actions` that a law or a constitution declares, or None."""
    found = document.get("read_actions") if isinstance(document, dict) else None
    return found if isinstance(found, list) else None


def _covered(action: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(action, glob) for glob in globs)


@cache
def theory() -> Theory:
    """The rules, the same for every tenant."""
    safety = Precedence.SAFETY
    held = (
        _rule("e-stop", forbidden("*"), _is("estop.in_force"), _acts(), weight=Precedence.ESTOP),
        _rule("archived", forbidden("*"), _says("system.status", "archived"), _acts(), weight=safety),
        _rule("drift-hold", approved("*"), _says("drift.state", "HOLD"), _acts(), weight=safety),
        _rule("drift-degraded", forbidden("*"), _says("drift.state", "DEGRADED"), _acts(), weight=safety),
        _rule("drift-recovery", approved("*"), _says("drift.state", "RECOVERY"), _acts(), weight=safety),
        _rule("safety-spent", forbidden("*"), _is("safety.is_spent"), _acts(), weight=safety),
        _rule("safety-risk", forbidden("*"), _is("safety.is_counted"), _dearer(), _acts(), weight=safety),
    )
    people = Compares("!=", Fact("actor.kind"), "system")
    own = tuple(
        _rule(f"may-{verb}", permitted(verb), *((people,) if verb == "lift_estop" else ()), weight=Precedence.GENERAL)
        for verb in (*GOVERNS, *ENDS, "resume")
    )
    within = tuple(
        _rule(f"may-{verb}-{word}", permitted(f"{verb}{glob}"), weight=Precedence.GENERAL)
        for verb in (*ENDS, "resume")
        for word, glob in (("dot", ".*"), ("path", "/*"), ("colon", ":*"))
    )
    return Theory(rules=(*held, *own, *within))


def _rule(id: str, head: Head, *body: Condition, weight: int) -> Rule:
    return Rule(id=f"TARS/{id}", head=head, body=body, weight=weight, source="TARS")


def _is(name: str) -> Condition:
    return Holds(Literal(Atom(name)))


def _says(name: str, value: Expression) -> Condition:
    return Compares("==", Fact(name), value)


def _acts() -> Condition:
    return _says("system.act", "acts")


def _dearer() -> Condition:
    return Compares(">", Fact("safety.cost"), Fact("safety.left"))


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
