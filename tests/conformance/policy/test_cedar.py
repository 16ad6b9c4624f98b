"""The engine against Cedar on what both can say: permissions, and prohibitions that outrank them, under conditions on facts."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.policy.book import book_of
from governance.policy.decide import decide
from governance.policy.text import parse
from governance.policy.verdict import Outcome

cedarpy = pytest.importorskip("cedarpy", reason="cedarpy is not installed")

QUESTIONS = 20_000 if os.environ.get("TARS_PROOF") == "full" else 400
AT = datetime(2026, 11, 28, tzinfo=UTC)
ACTIONS = ("upload", "payroll.send", "payroll.read")
GLOBS = {"*": ACTIONS, "payroll.*": ACTIONS[1:]}
PEOPLE = ("mara", "clay")


def rule(dice: random.Random, number: int) -> tuple[str, str]:
    """One rule in both languages."""
    is_ban, what, who = dice.random() < 0.4, dice.choice((*ACTIONS, *GLOBS)), dice.choice(("", "", *PEOPLE))
    both = [condition(dice) for _ in range(dice.choice((0, 1, 2)))]
    ours, theirs = [one for one, _ in both], [other for _, other in both]
    notes = f"weight {600 if is_ban else 500}" + (f', bearer "{who}"' if who else "")
    actions = ", ".join(f'Action::"{name}"' for name in GLOBS.get(what, (what,)))
    when = f" when {{ {' && '.join(theirs)} }}" if theirs else ""
    principal = f'principal == User::"{who}"' if who else "principal"
    return (
        f"r{number}: {', '.join(ours)} => [{'F' if is_ban else 'P'}] {what} ({notes})",
        f"{'forbid' if is_ban else 'permit'}({principal}, action in [{actions}], resource){when};",
    )


def condition(dice: random.Random) -> tuple[str, str]:
    number, sign = dice.choice((0, 5, 10)), dice.choice(("<", "<=", ">", ">=", "==", "!="))
    country = dice.choice(("de", "at"))
    return dice.choice(
        (
            (f"amount {sign} {number}", f"context.amount {sign} {number}"),
            (f"amount + 2 * amount {sign} limit - 1", f"context.amount + context.amount * 2 {sign} context.limit - 1"),
            (f'country == "{country}"', f'context.country == "{country}"'),
            (f"country({country})", f'context.country == "{country}"'),
            ("vip", "context.vip"),
            ("~vip", "!context.vip"),
            ("not vip", "!context.vip"),
            (f'matches(country, "{country[0]}*")', f'context.country like "{country[0]}*"'),
        )
    )


def question(dice: random.Random) -> tuple[str, str, dict[str, Any]]:
    facts = {
        "amount": dice.choice((-1, 0, 1, 5, 10, 11)),
        "limit": dice.choice((0, 1, 4, 16)),
        "country": dice.choice(("de", "at", "dk")),
        "vip": dice.random() < 0.5,
    }
    return dice.choice(PEOPLE), dice.choice(ACTIONS), facts


@pytest.mark.proof
def test_decide__permits_and_bans__as_cedar() -> None:
    seen: dict[bool, int] = {True: 0, False: 0}
    for seed in range(QUESTIONS // 20):
        dice = random.Random(f"cedar {seed}")
        ours, theirs = zip(*[rule(dice, number) for number in range(dice.randint(1, 8))], strict=True)
        book, policies = book_of(parse("\n".join(ours))), "\n".join(theirs)
        for _ in range(20):
            who, action, facts = question(dice)
            verdict = decide(book, facts=facts, action=action, at=AT, bearer=who)
            is_allowed = cedar(policies, who, action, facts)
            assert (verdict.outcome is Outcome.PERMIT) is is_allowed, f"{ours} {who} {action} {facts}"
            assert not verdict.errors, verdict.errors
            seen[is_allowed] += 1
    assert min(seen.values()) > QUESTIONS // 20, seen


def cedar(policies: str, who: str, action: str, facts: dict[str, Any]) -> bool:
    request = {
        "principal": f'User::"{who}"',
        "action": f'Action::"{action}"',
        "resource": 'Thing::"it"',
        "context": facts,
    }
    answer = cedarpy.is_authorized(request, policies, [])
    assert not answer.diagnostics.errors, answer.diagnostics.errors
    return bool(answer.allowed)
