"""Rules as English sentences."""

from __future__ import annotations

import pytest

from governance.policy.text import parse
from governance.policy.words import conclusion_words, rule_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("r: => [P] *", "Every action is permitted."),
        ("r: => [F] payroll.*", "every action like payroll.* is forbidden."),
        (
            "r: amount > 500, not vip => [F] delete",
            "If amount is more than 500 and it is not shown that vip holds, delete is forbidden.",
        ),
        (
            'r: role == "auditor", area != "x y" => [P] read',
            'If role is auditor and area is not "x y", read is permitted.',
        ),
        ("r: (amount + 1) * 2 <= limit => [P] pay", "If (amount + 1) * 2 is at most limit, pay is permitted."),
        (
            'r: action(X), matches(X, "pay.*") => [O] approved(X, officer)',
            'If the action is X and X is like "pay.*", X needs the approval of officer.',
        ),
        ("r: small => [P] ~approved(pay)", "If small holds, pay does not need approval."),
        (
            "r: [O] report, not [P] copy => [O] tell, pay",
            "If report is required and it is not shown that copy is permitted, tell is required;"
            " if that is broken, pay is required.",
        ),
        (
            "r: customer(X), ~of(X, b), known(amount) -> eu(X)",
            "If customer includes X, of(X, b) does not hold and amount is known, eu includes X, without exception.",
        ),
        ("r: => ~vip", "vip does not hold."),
        (
            "r: ~trusted ~> [P] delete",
            'If trusted does not hold, nothing against "delete is permitted" can be concluded.',
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(text: str, words: str) -> None:
    expected = words[:1].upper() + words[1:] if words.startswith("every") else words
    assert rule_words(parse(text).rules[0]) == expected


def test_a_conclusion_stands_alone() -> None:
    assert conclusion_words(parse("r: => [O] approved(pay)").rules[0]) == "pay needs approval"
