"""No change of an export goes unseen, and the place is named."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from governance.canonical import canonical_bytes
from tests.unit.governance.audit.packs import checked, lines, trailer

ROUNDS = 100_000 if os.environ.get("TARS_PROOF") == "full" else 300
WHOLE_FILE = {"trailer"}


def flip(pack: list[bytes], chance: random.Random) -> set[int]:
    """Change one bit of one byte; the line it stands in."""
    number = chance.randrange(len(pack))
    line = bytearray(pack[number])
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    pack[number : number + 1] = bytes(line).splitlines(keepends=True) if b"\n" in line[:-1] else [bytes(line)]
    return {number + 1, number + 2}


def delete(pack: list[bytes], chance: random.Random) -> set[int]:
    del pack[chance.randrange(len(pack))]
    return set()


def swap(pack: list[bytes], chance: random.Random) -> set[int]:
    one, two = chance.sample(range(len(pack)), 2)
    pack[one], pack[two] = pack[two], pack[one]
    return {one + 1, two + 1}


def duplicate(pack: list[bytes], chance: random.Random) -> set[int]:
    number = chance.randrange(len(pack))
    place = chance.randrange(len(pack) + 1)
    pack.insert(place, pack[number])
    return {place + 1, place + 2, number + 1, number + 2}


def insert(pack: list[bytes], chance: random.Random) -> set[int]:
    place = chance.randrange(len(pack) + 1)
    pack.insert(place, chance.choice([b"{}\n", b'{"record":"entry"}\n', b"\n", b"\xff\n", b'{"record":"note"}\n']))
    return {place + 1}


def cut(pack: list[bytes], chance: random.Random) -> set[int]:
    del pack[chance.randrange(1, len(pack)) :]
    return set()


def test_pack__untouched__verified() -> None:
    report = checked(lines())
    assert report.is_verified, [str(finding) for finding in report.findings]
    assert report.counts["amendment"] == 3


@pytest.mark.proof
@pytest.mark.timeout(0)
def test_pack__mutated__found_and_named() -> None:
    chance, original = random.Random(20261120), lines()
    for _ in range(ROUNDS):
        pack = list(original)
        change = chance.choice([flip, flip, flip, flip, delete, swap, duplicate, insert, cut])
        touched = change(pack, chance)
        if pack == original:
            continue
        report = checked(pack)
        told = [str(finding) for finding in report.findings]
        assert not report.is_verified, (change.__name__, touched)
        named = {
            finding.line for finding in report.findings if finding.code not in WHOLE_FILE or finding.line == len(pack)
        }
        assert not touched or touched & named, (change.__name__, touched, told)
        assert any(finding.code not in WHOLE_FILE for finding in report.findings) or change in (delete, cut, flip), told


def test_pack__every_single_line_deleted__found() -> None:
    for number in range(len(lines())):
        pack = lines()
        gone = pack.pop(number)
        report = checked(pack)
        codes = {finding.code for finding in report.findings}
        assert codes - WHOLE_FILE or b'"trailer"' in gone, (number, gone[:80])


@pytest.mark.proof
@pytest.mark.timeout(0)
def test_pack__any_value_forged_and_the_trailer_repaired__found() -> None:
    """The trailer guards against accidents; against a forger who knows the format only the signatures stand."""
    original = lines()
    places = [
        (number, path)
        for number, line in enumerate(original[1:-1], start=1)
        for path in leaves(json.loads(line))
        if path != ["record"]
    ]
    for number, path in places if ROUNDS > 300 else random.Random(7).sample(places, 250):
        line = canonical_bytes(forged(original[number], path), max_depth=96) + b"\n"
        pack = [*original[:number], line, *original[number + 1 : -1]]
        report = checked([*pack, trailer(pack)])
        assert not report.is_verified, (number + 1, path)


def leaves(value: Any, path: list[Any] | None = None) -> Iterator[list[Any]]:
    """The path of every scalar."""
    path = path or []
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, [*path, key])
    else:
        yield path


def forged(line: bytes, path: list[Any]) -> Any:
    document = json.loads(line)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    old = holder[path[-1]]
    if isinstance(old, bool):
        holder[path[-1]] = not old
    elif isinstance(old, str):
        holder[path[-1]] = ("0" if old[:1] != "0" else "1") + old[1:]
    elif isinstance(old, int | float):
        holder[path[-1]] = old + 1
    else:
        holder[path[-1]] = "forged"
    return document
