"""How fast the engine decides, as ratios: against cedarpy on the same policies, and against itself at other sizes.

A policy is one role, one action, one resource and two numeric conditions; half of the requests are denied.
Our answers carry their reasons, what was defeated and what would make the action pass; cedarpy's carry the ids of the policies.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cedarpy

from governance.policy.book import Book, book_of
from governance.policy.decide import decide
from governance.policy.precedence import Precedence
from governance.policy.rules import Head, Rule, Theory
from governance.policy.terms import Atom, Compares, Fact, Literal, Modality
from governance.policy.verdict import Outcome
from tests.bench.measure import Row, interleaved

AT = datetime(2026, 11, 28, tzinfo=UTC)
ROLES, ACTIONS = 20, 10
REQUESTS = 40

Request = dict[str, Any]


def bench_decide() -> list[Row]:
    """Against cedarpy, growth with the rules that cannot apply, and compiling."""
    rows = [_against_cedar(1_000, "≤ 0.25"), _against_cedar(10_000, "≤ 0.05")]
    rows.append(_growth("decide: 10,000 rules against 100, one matching", spread, "≤ 2"))
    rows.append(_growth("decide: the same, all about ten actions", policies, "≤ 2"))
    return [*rows, *_compiling()]


def bench_worst() -> list[Row]:
    """Every rule matches, each defeats the one before it."""
    rows = []
    for size in (500, 1_000):
        small, large = book_of(chain(size)), book_of(chain(2 * size))
        work = [lambda book=book: decide(book, facts={"on": True}, action="pay", at=AT) for book in (large, small)]
        _, _, ratio = interleaved(*work)
        rows.append(Row(f"decide: chain of {2 * size:,} defeats against {size:,}", ratio, "≤ 2.4", "all rules match"))
    return rows


def policies(count: int) -> list[tuple[int, int, int, int, int]]:
    """Role, action, resource, least level, most amount of each policy."""
    return [(n % ROLES, (n // ROLES) % ACTIONS, n // (ROLES * ACTIONS), n % 5, 100 + n % 900) for n in range(count)]


def spread(count: int) -> list[tuple[int, int, int, int, int]]:
    """The same, but each about an action of its own."""
    return [(n % ROLES, n, n % 7, n % 5, 100 + n % 900) for n in range(count)]


def theory(rows: list[tuple[int, int, int, int, int]]) -> Theory:
    def rule(number: int, row: tuple[int, int, int, int, int]) -> Rule:
        role, action, resource, level, amount = row
        body = (
            Compares("==", Fact("role"), f"role{role}"),
            Compares("==", Fact("resource"), f"resource{resource}"),
            Compares(">=", Fact("level"), level),
            Compares("<=", Fact("amount"), amount),
        )
        head = Head((Literal(Atom(f"action{action}")),), Modality.PERMISSION)
        return Rule(f"r{number}", head, body, source=f"policy.toml {number}")

    return Theory(tuple(rule(number, row) for number, row in enumerate(rows)))


def cedar(rows: list[tuple[int, int, int, int, int]]) -> str:
    return "\n".join(
        f'permit(principal == Role::"role{role}", action == Action::"action{action}", resource == Thing::"resource{resource}")'
        f" when {{ context.level >= {level} && context.amount <= {amount} }};"
        for role, action, resource, level, amount in rows
    )


def requests(rows: list[tuple[int, int, int, int, int]], count: int = REQUESTS) -> list[Request]:
    """Every second one is over its policy's amount."""
    chosen = random.Random(7).sample(rows, count)
    return [
        {
            "action": f"action{action}",
            "facts": {
                "role": f"role{role}",
                "resource": f"resource{resource}",
                "level": 9,
                "amount": amount + 1 if number % 2 else amount,
            },
        }
        for number, (role, action, resource, _, amount) in enumerate(chosen)
    ]


def chain(count: int) -> Theory:
    """Permissions and prohibitions of one class in turns, each preferred to the one before."""

    def rule(number: int) -> Rule:
        head = Head(
            (Literal(Atom("pay"), bool(number % 2)),), Modality.OBLIGATION if number % 2 else Modality.PERMISSION
        )
        return Rule(f"r{number}", head, (Compares("==", Fact("on"), True),), weight=Precedence.DOMAIN)

    preferences = tuple((f"r{number + 1}", f"r{number}") for number in range(count - 1))
    return Theory(tuple(rule(number) for number in range(count)), preferences=preferences)


def _ours(book: Book, asked: list[Request]) -> list[bool]:
    return [decide(book, facts=each["facts"], action=each["action"], at=AT).outcome is Outcome.PERMIT for each in asked]


def _against_cedar(count: int, bar: str) -> Row:
    rows = policies(count)
    book, asked = book_of(theory(rows)), requests(rows)
    parsed = cedarpy.PolicySet.from_str(cedar(rows))
    theirs_asked = [_cedar_request(each) for each in asked]

    def theirs() -> list[bool]:
        return [cedarpy.is_authorized(each, parsed, []).allowed for each in theirs_asked]

    if _ours(book, asked) != theirs():
        raise AssertionError("the engine and cedarpy disagree")
    mine, peer, ratio = interleaved(lambda: _ours(book, asked), theirs)
    permitted = f"{sum(_ours(book, asked))} of {REQUESTS} permitted"
    detail = f"{mine / REQUESTS * 1e6:,.0f} µs against {peer / REQUESTS * 1e6:,.0f} µs, with reasons; {permitted}"
    return Row(f"decide: {count:,} rules against cedarpy", ratio, bar, detail)


def _cedar_request(each: Request) -> dict[str, Any]:
    facts = each["facts"]
    return {
        "principal": f'Role::"{facts["role"]}"',
        "action": f'Action::"{each["action"]}"',
        "resource": f'Thing::"{facts["resource"]}"',
        "context": {"level": facts["level"], "amount": facts["amount"]},
    }


def _growth(name: str, make: Callable[[int], list[tuple[int, int, int, int, int]]], bar: str) -> Row:
    sides = []
    for count in (10_000, 100):
        rows = make(count)
        sides.append((book_of(theory(rows)), requests(rows)))
    (large, many), (small, few) = sides
    mine, _, ratio = interleaved(lambda: _ours(large, many), lambda: _ours(small, few))
    return Row(name, ratio, bar, f"{mine / REQUESTS * 1e6:,.0f} µs at 10,000")


def _compiling() -> list[Row]:
    rows = policies(1_000)
    read, text = theory(rows), cedar(rows)
    mine, peer, ratio = interleaved(lambda: book_of(read), lambda: cedarpy.PolicySet.from_str(text))
    detail = f"{mine * 1e3:.0f} ms against {peer * 1e3:.0f} ms"
    large, half = theory(policies(20_000)), theory(policies(10_000))
    gc.disable()
    try:
        _, _, growth = interleaved(lambda: book_of(large), lambda: book_of(half))
    finally:
        gc.enable()
    return [
        Row("compile: 1,000 rules against cedarpy's parser", ratio, "≤ 10", detail),
        Row("compile: 20,000 rules against 10,000", growth, "≤ 2.4", "linear; garbage collector off, as timeit has it"),
    ]
