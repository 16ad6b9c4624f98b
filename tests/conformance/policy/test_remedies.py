"""What a verdict says would make the action pass does: each change of one fact, and each approval, asked of the reference."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest

from governance.policy.terms import Atom, Literal
from tests.reference import evaluator
from tests.reference.agreement import verdict_of
from tests.reference.scenarios import Scenario, scenario

ROUNDS = 20_000 if os.environ.get("TARS_PROOF") == "full" else 600


@pytest.mark.proof
def test_would_pass_if__tried_on_the_reference__passes() -> None:
    tried = 0
    for number in range(ROUNDS):
        q = scenario(number)
        for sentence in verdict_of(q).would_pass_if:
            changed = after(q, sentence)
            if changed is None:
                continue
            tried += 1
            told = {"facts": changed.facts, "action": changed.action, "at": changed.at, "bearer": changed.bearer}
            assert evaluator.decide(changed.theory, **told).outcome != "deny", f"{number}: {sentence}"
    assert tried > ROUNDS // 10


def after(q: Scenario, sentence: str) -> Scenario | None:
    """The question with the change made; None for a change that is said in figures."""
    approval, literal = (
        re.fullmatch(r"(\w+) approves (\S+)", sentence),
        re.fullmatch(r"(\S+) (holds|does not hold)", sentence),
    )
    if approval:
        who = () if approval[1] == "somebody" else (approval[1],)
        facts = (*q.theory.facts, Literal(Atom("approved", (approval[2], *who))))
        return replace(q, theory=replace(q.theory, facts=facts))
    if not literal or literal[1] in {fact.atom.name for fact in q.theory.facts}:
        return None
    whole, _, part = literal[1].partition(".")
    is_so, inside = literal[2] == "holds", q.facts.get(whole) or {}
    if not part:
        return replace(q, facts=q.facts | {whole: is_so})
    return replace(q, facts=q.facts | {whole: {**inside, part: is_so}}) if isinstance(inside, dict) else None
