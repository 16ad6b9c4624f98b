"""The engine held to the reference: one theory or one question, both answers, what differs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from governance.canonical import canonical_bytes
from governance.policy.book import book_of
from governance.policy.conclude import conclude
from governance.policy.decide import decide
from governance.policy.rules import Theory
from governance.policy.verdict import Verdict

from . import evaluator
from .prove import DEFINITE, FACT, MAY, MUST
from .scenarios import Scenario


def asked(
    theory: Theory, *, facts: Mapping[str, Any], action: str, at: datetime, bearer: str = ""
) -> dict[str, tuple[Any, Any]]:
    """What the engine answers otherwise than the reference: (engine, reference) by name; empty where they agree."""
    verdict = decide(book_of(theory), facts=facts, action=action, at=at, bearer=bearer)
    expected = evaluator.decide(theory, facts=facts, action=action, at=at, bearer=bearer)
    pairs: dict[str, tuple[Any, Any]] = {
        "outcome": (verdict.outcome.value, expected.outcome),
        "because": ({reason.rule for reason in verdict.because}, set(expected.because)),
        "missing": (set(verdict.missing_facts), set(expected.missing)),
        "errors": (bool(verdict.errors), expected.has_error or expected.has_conflict),
        "score": (Decimal(str(verdict.compliance_score)), expected.score),
    }
    if expected.circle:
        # what hangs on a circle has no answer, so what follows may differ; of circles that share rules the engine names one
        del pairs["missing"]
        pairs["because"] = (bool(pairs["because"][0] & expected.circle), True)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def differences(q: Scenario) -> dict[str, tuple[Any, Any]]:
    return asked(q.theory, facts=q.facts, action=q.action, at=q.at, bearer=q.bearer)


def verdict_of(q: Scenario) -> Verdict:
    return decide(book_of(q.theory), facts=q.facts, action=q.action, at=q.at, bearer=q.bearer)


def bytes_of(q: Scenario) -> bytes:
    return canonical_bytes(verdict_of(q).as_json())


def concluded(theory: Theory) -> dict[str, tuple[set[Any], set[Any]]]:
    """What `conclude` tags otherwise than the reference: (engine only, reference only) by name; empty where they agree."""
    found, expected = conclude(theory), evaluator.conclude(theory)
    tags = {DEFINITE: "definite", FACT: "defeasible", MUST: "obligations", MAY: "permissions"}
    pairs = {"violations": (set(found.violations), expected.violations())}
    literals = set(found.literals)
    pairs["terminal"] = (set(found.terminal_violations), expected.terminal())
    for tag, name in tags.items():
        pairs[f"+{name}"] = (set(getattr(found, name)), {q for kind, q in expected.plus if kind == tag})
        if found.has_norms or tag in (DEFINITE, FACT):
            pairs[f"-{name}"] = (
                set(getattr(found, f"not_{name}")),
                {q for kind, q in expected.minus if kind == tag} & literals,
            )
    return {name: (ours - theirs, theirs - ours) for name, (ours, theirs) in pairs.items() if ours != theirs}
