"""The same input gives the same bytes, whatever the order of rules, facts, keys, preferences and layers."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.policy.book import book_of
from governance.policy.conclude import conclude
from governance.policy.decide import decide
from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Atom, Compares, Fact, Holds, Known, Literal, Matches, Modality, Variable
from governance.policy.verdict import Outcome
from tests.unit.policy.build import AT, rule

NAMES = ["a", "b", "c", "d", "pay"]
ATOMS = st.sampled_from(
    [Atom(name) for name in NAMES] + [Atom("of", ("x",)), Atom("of", ("y",)), Atom("of", (Variable("X"),))]
)
LITERALS = st.builds(Literal, ATOMS, st.booleans())
MODALITIES = st.sampled_from([Modality.FACT, Modality.FACT, Modality.FACT, Modality.OBLIGATION, Modality.PERMISSION])
VALUES = st.sampled_from([1, 2, True, "x", "y"])
CONDITIONS = st.one_of(
    st.builds(Holds, LITERALS, MODALITIES, st.booleans()),
    st.builds(Compares, st.sampled_from(["==", "<", ">="]), st.sampled_from([Fact("n"), Fact("role")]), VALUES),
    st.builds(Known, st.just("n")),
    st.builds(Matches, st.just(Fact("role")), st.sampled_from(["x*", "?"])),
)
HEADS = st.one_of(
    st.builds(lambda literal, modality: Head((literal,), modality), LITERALS, st.sampled_from(list(Modality))),
    st.builds(lambda one, two: Head((one, two), Modality.OBLIGATION), LITERALS, LITERALS),
    st.builds(
        lambda is_negated: Head((Literal(Atom("approved", ("pay", "boss")), is_negated),), Modality.OBLIGATION),
        st.booleans(),
    ),
    st.builds(lambda is_negated: Head((Literal(Atom("pay"), is_negated),), Modality.OBLIGATION), st.booleans()),
    st.just(Head((Literal(Atom("p*")),), Modality.PERMISSION)),
)
RULES = st.builds(
    Rule,
    st.sampled_from([f"r{number}" for number in range(12)]),
    HEADS,
    st.lists(CONDITIONS, max_size=3).map(tuple),
    st.sampled_from(list(Strength)),
    st.sampled_from([500, 500, 600]),
    enacted_at=st.sampled_from([None, AT, AT - timedelta(days=1)]),
    bearer=st.sampled_from(["", "", "cl*", "ops"]),
)
FACTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "n", "role", "of"]), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=5
)
PREFERENCES = st.lists(st.tuples(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["r4", "r5", "r1"])), max_size=3)


@settings(max_examples=400, deadline=None)
@given(st.lists(RULES, max_size=10), FACTS, PREFERENCES, st.randoms(use_true_random=False))
def test_no_order_changes_a_byte(rules: list[Rule], facts: dict[str, Any], prefer: Any, chance: random.Random) -> None:
    def said(rules: list[Rule], facts: dict[str, Any], prefer: Any, cut: int) -> str:
        book = book_of(Theory(tuple(rules[:cut]), preferences=tuple(prefer[:1])))
        book = book.extended(Theory(tuple(rules[cut:]), preferences=tuple(prefer[1:])))
        verdict = decide(book, facts=facts, action="pay", at=AT, bearer="clay")
        return json.dumps(verdict.as_json(), sort_keys=True)

    first = said(rules, facts, prefer, len(rules))
    shuffled = chance.sample(rules, len(rules))
    keys = chance.sample(list(facts), len(facts))
    items = {
        key: chance.sample(facts[key], len(facts[key])) if isinstance(facts[key], list) else facts[key] for key in keys
    }
    assert said(shuffled, items, chance.sample(prefer, len(prefer)), chance.randint(0, len(rules))) == first


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_literals_agree_with_conclude_on_theories_without_circles(data: st.DataObject) -> None:
    names = ["f0", "f1", "f2", "p0", "p1", "p2", "p3"]
    rules = []
    for number in range(data.draw(st.integers(0, 9))):
        level = data.draw(st.integers(3, 6))
        body = data.draw(st.lists(st.sampled_from(names[:level]), max_size=2, unique=True))
        conditions = tuple(
            Holds(Literal(Atom(name), data.draw(st.booleans())), is_absent=data.draw(st.booleans())) for name in body
        )
        strength = data.draw(st.sampled_from(list(Strength)))
        head = Head((Literal(Atom(names[level]), data.draw(st.booleans())),))
        rules.append(Rule(f"r{number}", head, conditions, strength, data.draw(st.sampled_from([500, 500, 600]))))
    facts = data.draw(st.lists(st.sampled_from(names[:3]), unique=True))
    wanted = data.draw(st.sampled_from(names[3:]))
    sign = data.draw(st.booleans())
    ask = rule("ask", "[P] pay", Holds(Literal(Atom(wanted), sign)), weight=600)
    theory = Theory((*rules, ask), tuple(Literal(Atom(name)) for name in facts))
    verdict = decide(book_of(theory), facts={}, action="pay", at=AT)
    if not verdict.errors:
        proved = conclude(theory, at=AT).as_json(is_normative=False)["+d"]
        assert (verdict.outcome is Outcome.PERMIT) is (("~" if sign else "") + wanted in proved)
