"""A system's own constitution as rules. Pure.

Capabilities permit (class 500, so that anything above can tighten them), `requires_approval` obliges and limits forbid (700), and
a prime directive may carry rules in backticks, such as ``Refund with care: `amount > 100 => [O] approved(refund)` ``. A directive
without an arrow in backticks is prose to cite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from governance.canonical import JSON
from governance.policy.errors import Finding, NotATheory
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import Atom, Compares, Condition, Fact, Holds, Known, Literal, Modality
from governance.policy.text import Defaults, parse
from governance.rulebook import classes
from governance.rulebook.heads import approved, forbidden, permitted

PREFIX: Final = "constitution"
AMEND: Final = "amend_constitution"
_WITHIN: Final = {"dot": ".*", "path": "/*", "colon": ":*"}
_MONEY: Final = {"usd": "cost_usd", "usd_budget": "cost_usd"}
_ARROW: Final = re.compile(r"[-=~]>")
_QUOTED: Final = re.compile(r"`([^`]+)`")
_UNSTATED: Final = 0
_HAS_ID: Final = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9_.\-/]*:(\s|$)")


def theory_of(constitution: JSON, *, system: str) -> Theory:
    """What the constitution states about the actions of `system`. Raises `NotATheory` for a directive that cannot be read."""
    directives = tuple(_directives(constitution, system))
    rules = (
        *_capabilities(constitution, system),
        *_approvals(constitution, system),
        *_limits(constitution, system),
        *_protected(constitution, system),
    )
    return Theory(
        rules=(*rules, *chain.from_iterable(theory.rules for theory in directives)),
        facts=tuple(chain.from_iterable(theory.facts for theory in directives)),
        preferences=tuple(chain.from_iterable(theory.preferences for theory in directives)),
    )


def problems(constitution: JSON, *, system: str) -> tuple[Finding, ...]:
    """Why the constitution's rules cannot be read, or reach above their class."""
    try:
        theory = theory_of(constitution, system=system)
    except NotATheory as error:
        return (Finding("not_a_theory", error.sentence),)
    return classes.findings(theory, source="constitution", prefix=PREFIX)


def _capabilities(constitution: JSON, system: str) -> Iterator[Rule]:
    for id, name in _named("capability", constitution.get("capabilities")):
        for suffix, action in _covered(name):
            yield _rule(f"{id}{suffix}", permitted(action), source=_cited(system, "capabilities"))


def _approvals(constitution: JSON, system: str) -> Iterator[Rule]:
    source = _cited(system, "requires_approval")
    for id, name in _named("approval", constitution.get("requires_approval")):
        for suffix, action in _covered(name):
            yield _rule(f"{id}{suffix}.may", permitted(action), source=source)
            yield _rule(f"{id}{suffix}", approved(action), source=source)


def _limits(constitution: JSON, system: str) -> Iterator[Rule]:
    for key in ("refund_limit_usd", "refund_limit"):
        if key in constitution:
            for suffix, action in _covered("refund"):
                yield _above(f"{key}{suffix}", "amount", constitution[key], action, source=_cited(system, key))
            break
    if "max_monthly_budget_usd" in constitution:
        limit = constitution["max_monthly_budget_usd"]
        yield _above("max_monthly_budget_usd", "cost_usd", limit, "*", source=_cited(system, "max_monthly_budget_usd"))
    budgets = constitution.get("budgets") or {}
    for id, name in _named("budget", sorted(budgets)):
        limit = budgets[name]["limit"] if isinstance(budgets[name], dict) else budgets[name]
        yield _above(id, _MONEY.get(name, name), limit, "*", source=_cited(system, "budgets"))


def _protected(constitution: JSON, system: str) -> Iterator[Rule]:
    """Who touches a protected place: a person needs approval, anybody else may not."""
    for id, pointer in _named("protected", constitution.get("protected")):
        touches = Holds(Literal(Atom("touches", (pointer,))))
        source = _cited(system, "protected")
        by_person = Compares("==", Fact("by"), "person")
        yield _rule(f"{id}.people", approved(AMEND), touches, by_person, source=source)
        yield _rule(id, forbidden(AMEND), touches, Compares("!=", Fact("by"), "person"), source=source)


def _directives(constitution: JSON, system: str) -> Iterator[Theory]:
    for number, directive in enumerate(constitution.get("prime_directives") or (), start=1):
        texts = [text for text in _QUOTED.findall(directive) if _ARROW.search(text)]
        source = _cited(system, f"prime directive {number}")
        for place, text in enumerate(texts, start=1):
            own = f"directive-{number}" if place == 1 else f"directive-{number}-{place}"
            yield _directive(text if _HAS_ID.match(text) else f"{own}: {text}", source)


def _directive(text: str, source: str) -> Theory:
    try:
        theory = parse(text, prefix=PREFIX, defaults=Defaults(weight=_UNSTATED, source=source))
    except NotATheory as error:
        where = f" (column {error.column} of `{text}`)" if error.column else ""
        raise NotATheory(f"{source}: {error.sentence}{where}", line=error.line, column=error.column) from None
    return replace(theory, rules=tuple(map(_weighed, theory.rules)))


def _weighed(rule: Rule) -> Rule:
    """A permission that states no weight is a general one; what lifts an approval (`[P] ~approved(x)`) stands beside it."""
    return rule if rule.weight != _UNSTATED else replace(rule, weight=_weight_of(rule.head))


def _weight_of(head: Head) -> int:
    is_general = head.modality is Modality.PERMISSION and not head.chain[0].is_negated
    return Precedence.GENERAL if is_general else Precedence.CONSTITUTION


def _cited(system: str, part: str) -> str:
    """How a rule of the constitution is cited, so that a sentence can begin with it and end in "permits it"."""
    return f"constitution of {system} ({part})"


def _named(kind: str, names: JSON) -> Iterator[tuple[str, str]]:
    """Each name with a rule id that says it; names that look alike in an id are numbered."""
    seen: dict[str, int] = {}
    for name in names or ():
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "x"
        seen[slug] = seen.get(slug, 0) + 1
        yield f"{kind}.{slug}" + (f"-{seen[slug]}" if seen[slug] > 1 else ""), name


def _covered(name: str) -> Iterator[tuple[str, str]]:
    """The action itself and what lies within it (`payroll.*`, `payroll/*`, `payroll:*`), each with its rule id's suffix."""
    yield "", name
    if not name.endswith("*"):
        for word, glob in _WITHIN.items():
            yield f".{word}", f"{name}{glob}"


def _above(id: str, fact: str, limit: Any, action: str, *, source: str) -> Rule:
    number = limit if isinstance(limit, int) else Decimal(repr(limit))
    return _rule(id, forbidden(action), Known(fact), Compares(">", Fact(fact), number), source=source)


def _rule(id: str, head: Head, *body: Condition, source: str) -> Rule:
    return Rule(id=f"{PREFIX}/{id}", head=head, body=body, weight=_weight_of(head), source=source)
