"""How `conclude` and the readers of theories grow from 1 000 to 100 000 rules, per rule, in one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from governance.policy.conclude import conclude
from governance.policy.jsonform import json_of, theory_of
from governance.policy.text import parse
from tests.bench.measure import Row, seconds

SMALL, LARGE, ROUNDS = 1_000, 100_000, 3


def bench_conclude() -> list[Row]:
    """Parsing, reading JSON, concluding: time a rule at 100 000 rules against time a rule at 1 000; 1 is linear."""
    texts = chain_text(SMALL), chain_text(LARGE)
    chain, crowd = (parse(texts[0]), parse(texts[1])), (parse(crowd_text(SMALL)), parse(crowd_text(LARGE)))
    forms = json_of(chain[0]), json_of(chain[1])
    return [
        _growth("policy: conclude, a chain of defeats", lambda size: conclude(chain[size])),
        _growth("policy: conclude, every weight on one literal", lambda size: conclude(crowd[size])),
        _growth("policy: parse text", lambda size: parse(texts[size])),
        _growth("policy: read JSON", lambda size: theory_of(forms[size])),
    ]


def chain_text(rules: int) -> str:
    """Each literal rests on the one before it, against an attack that a preference beats."""
    steps = (f"a{n}: p{n} => p{n + 1}\nb{n}: p{n} => ~p{n + 1}\na{n} > b{n}\n" for n in range(rules // 2))
    return f"p0\n{''.join(steps)}"


def crowd_text(rules: int) -> str:
    """All rules for or against one literal, with bodies of their own and with weights, of which 300 occur."""
    sides = ("", "~")
    return "".join(f"r{n}: x{n % 7}, y{n} => {sides[n % 2]}p (weight {500 + n % 300})\n" for n in range(rules)) + "x0\n"


def _growth(name: str, work: Callable[[int], object]) -> Row:
    times = [
        (seconds(lambda: work(1)) / LARGE, seconds(lambda: [work(0) for _ in range(20)]) / (20 * SMALL))
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(large / small for large, small in times)
    large, small = (statistics.median(side) * 1e6 for side in zip(*times, strict=True))
    detail = f"{large:.1f} µs a rule at {LARGE:,} rules, {small:.1f} at {SMALL:,}"
    return Row(f"{name}: time a rule at {LARGE:,} against {SMALL:,}", ratio, "≤ 2", detail)
