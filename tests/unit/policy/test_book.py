"""Books: layers cost what they hold, and answers do not depend on how rules are spread over them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from governance.policy.book import Book, book_of
from governance.policy.decide import decide
from governance.policy.rules import Theory
from governance.policy.verdict import Outcome
from tests.unit.policy.build import AT, literal, rule, when


def law(count: int) -> Book:
    rules = [rule(f"r{n}", f"[P] act{n}", when("role", "==", f"role{n}"), f"seen{n}") for n in range(count)]
    return book_of(Theory((*rules, *(rule(f"s{n}", f"seen{n}", f"raw{n}") for n in range(count)))))


SESSION = Theory(tuple(rule(f"session/{n}", f"[F] act{n}", "raw7", weight=600) for n in range(5)))


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(15):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_a_small_theory_on_a_large_one_costs_the_small_one() -> None:
    small, large = law(50), law(5_000)
    gc.disable()
    try:
        assert seconds(lambda: large.extended(SESSION)) < 4 * seconds(lambda: small.extended(SESSION))
    finally:
        gc.enable()


def test_a_layer_adds_rules_and_leaves_the_book_below_as_it_is() -> None:
    base = law(20)
    facts = {"role": "role3", "raw3": True, "raw7": True}
    assert decide(base, facts=facts, action="act3", at=AT).outcome is Outcome.PERMIT
    assert decide(base.extended(SESSION), facts=facts, action="act3", at=AT).outcome is Outcome.DENY
    assert decide(base, facts=facts, action="act3", at=AT).outcome is Outcome.PERMIT


def test_preferences_and_conflicts_reach_across_layers() -> None:
    base = book_of(Theory((rule("lets", "[P] pay"),)))
    ban = rule("ban", "[F] pay")
    assert "contradict each other" in decide(base.extended(Theory((ban,))), facts={}, action="pay", at=AT).errors[0]
    lifted = base.extended(Theory((ban,), preferences=(("lets", "ban"),)))
    assert decide(lifted, facts={}, action="pay", at=AT).outcome is Outcome.PERMIT


def test_a_layer_that_concludes_what_the_base_took_for_a_fact_is_heard() -> None:
    base = book_of(Theory(tuple(rule(f"p{n}", "[P] pay", f"of(x{n})") for n in range(30))))
    assert decide(base, facts={}, action="pay", at=AT).outcome is Outcome.DENY
    more = base.extended(Theory((rule("r", "of(x3)", "ok"),)))
    assert decide(more, facts={"ok": True}, action="pay", at=AT).outcome is Outcome.PERMIT


def test_a_missing_guard_finds_every_rule_that_it_guards() -> None:
    rules = [rule(f"f{n}", "[F] pay", when("role", "==", f"role{n}"), weight=800) for n in range(30)]
    book = book_of(Theory((rule("lets", "[P] pay"), *rules)))
    assert decide(book, facts={"role": "x"}, action="pay", at=AT).outcome is Outcome.PERMIT
    assert decide(book, facts={}, action="pay", at=AT).missing_facts == ("role",)
    assert len(decide(book, facts={"role": 7}, action="pay", at=AT).errors) == 30
    assert len(decide(book, facts={"role": ["x"]}, action="pay", at=AT).errors) == 30


def test_facts_of_the_theory_count_and_differ_from_nothing_given() -> None:
    book = book_of(
        Theory(
            (rule("lets", "[P] pay", "open(shop)", when("limit", "==", 5)),),
            (literal("open(shop)"), literal("limit(5)")),
        )
    )
    assert decide(book, facts={}, action="pay", at=AT).outcome is Outcome.PERMIT
    assert decide(book, facts={"limit": 6}, action="pay", at=AT).errors == ("lets: limit is several values.",)


def test_a_decision_leaves_nothing_for_the_garbage_collector() -> None:
    book = law(20)
    facts = {"role": "role3", "raw3": True}
    decide(book, facts=facts, action="act3", at=AT)
    gc.collect()
    gc.disable()
    try:
        decide(book, facts=facts, action="act3", at=AT)
        decide(book, facts={}, action="act3", at=AT)
        assert gc.collect() == 0
    finally:
        gc.enable()
