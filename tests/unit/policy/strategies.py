"""Theories of every form the text format can say, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from governance.policy.rules import Head, Rule, Strength, Theory
from governance.policy.terms import Arithmetic, Atom, Compares, Fact, Holds, Known, Literal, Matches, Modality, Variable

NAMES = st.one_of(
    st.sampled_from(["bird", "flies", "args.path", "mcp:tool", "fire-risk", "a/b", "größe", "Penguin", "p0"]),
    st.sampled_from(["not", "known", "true", "a b", 'with "quotes"', "back\\slash", "ends-", "9lives", "# no comment"]),
)
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30), st.decimals(-(10**9), 10**9, places=4).filter(lambda number: number % 1 != 0)
)
CONSTANTS = st.one_of(NAMES, NUMBERS, st.booleans())
VARIABLES = st.sampled_from([Variable("X"), Variable("Whom"), Variable("Ä1")])
EXPRESSIONS = st.recursive(
    st.one_of(CONSTANTS, VARIABLES, st.builds(Fact, st.sampled_from(["amount", "customer.country", "x"]))),
    lambda inner: st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
    max_leaves=8,
)
MODALITIES = st.sampled_from(Modality)
MOMENTS = st.one_of(
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)


def atoms(terms: st.SearchStrategy[object]) -> st.SearchStrategy[Atom]:
    return st.builds(Atom, NAMES, st.lists(terms, max_size=3).map(tuple))


def literals(terms: st.SearchStrategy[object]) -> st.SearchStrategy[Literal]:
    return st.builds(Literal, atoms(terms), st.booleans())


TERMS = st.one_of(CONSTANTS, VARIABLES)
CONDITIONS = st.one_of(
    st.builds(Holds, literals(TERMS), MODALITIES, st.booleans()),
    st.builds(Compares, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), EXPRESSIONS, EXPRESSIONS),
    st.builds(Known, st.sampled_from(["amount", "customer.country"])),
    st.builds(Matches, EXPRESSIONS, st.sampled_from(["/tmp/*", 'a"b\\c', ""])),
)
GLOBS = st.builds(Literal, st.builds(Atom, st.sampled_from(["*", "payroll.*", "*.delete"])), st.booleans())
HEADS = st.one_of(
    st.builds(Head, literals(TERMS).map(lambda one: (one,))),
    st.builds(Head, st.one_of(literals(TERMS), GLOBS).map(lambda one: (one,)), st.just(Modality.PERMISSION)),
    st.builds(
        Head,
        st.lists(st.one_of(literals(TERMS), GLOBS), min_size=1, max_size=3).map(tuple),
        st.just(Modality.OBLIGATION),
    ),
)


@st.composite
def rules(draw: st.DrawFn, identity: str) -> Rule:
    start = draw(st.none() | MOMENTS)
    end = draw(st.none() | MOMENTS)
    if start and end and end <= start:
        start = None
    return Rule(
        id=identity,
        head=draw(HEADS),
        body=tuple(draw(st.lists(CONDITIONS, max_size=3))),
        strength=draw(st.sampled_from(Strength)),
        weight=draw(st.sampled_from([0, 500, 800, 1000])),
        source=draw(st.sampled_from(["", "gov.md 7.3", 'the "old" law'])),
        valid_from=start,
        valid_until=end,
        enacted_at=draw(st.none() | MOMENTS),
        bearer=draw(st.sampled_from(["", "clerk", "clay-*"])),
        authority=draw(st.sampled_from(["", "the board"])),
        tier=draw(st.sampled_from([0, 2])),
    )


@st.composite
def theories(draw: st.DrawFn) -> Theory:
    ids = draw(st.lists(st.sampled_from(["r1", "r2", "1", "gov.md/r1", "a-b", "x.y"]), unique=True, max_size=4))
    pairs = st.tuples(st.sampled_from(ids or ["r1"]), st.sampled_from(["r9", "gov.md/r9"]))
    return Theory(
        rules=tuple(draw(rules(identity)) for identity in ids),
        facts=tuple(draw(st.lists(literals(CONSTANTS), max_size=3))),
        preferences=tuple(draw(st.lists(pairs, max_size=3))),
    )
