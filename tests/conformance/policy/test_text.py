"""Generated rulebooks survive being written and read."""

from __future__ import annotations

from governance.policy.text import parse
from governance.policy.writing import theory_text
from tests.reference.scenarios import scenario


def test_theory_text__generated_rulebooks__read_back_equal() -> None:
    for seed in range(500):
        theory = scenario(seed).theory
        assert parse(theory_text(theory)) == theory, seed
