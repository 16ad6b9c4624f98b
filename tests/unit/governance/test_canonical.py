"""JSON that can be hashed: what is refused, by which name and where; what comes out."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings

from governance.canonical import (
    MAX_DEPTH,
    InvalidDocument,
    canonical_bytes,
    check_value,
    digest,
    digest_bytes,
    loads,
    loads_canonical,
)

from .constitution.strategies import JSONS


def refusal(text: str | bytes, **limits: int) -> InvalidDocument:
    with pytest.raises(InvalidDocument) as caught:
        loads(text, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "kind", "pointer"),
    [
        ("", "empty", ""),
        (" \n\t", "empty", ""),
        ('{"a": {"b": 1, "b": 2}}', "duplicate_key", "/a/b"),
        ('[{"a": 1, "a": 1}]', "duplicate_key", "/0/a"),
        ('{"a~/b": NaN}', "not_finite", "/a~0~1b"),
        ("[1, Infinity]", "not_finite", "/1"),
        ("[-Infinity]", "not_finite", "/0"),
        ("[1e400]", "not_finite", "/0"),
        ("[-1e400]", "not_finite", "/0"),
        ("9007199254740992", "big_integer", ""),
        ("9007199254740993", "big_integer", ""),
        ('{"id": -9007199254740992}', "big_integer", "/id"),
        ("[" + "9" * 5000 + "]", "big_integer", "/0"),
        (r'["\ud800"]', "lone_surrogate", "/0"),
        (r'{"\udc00": 1}', "lone_surrogate", "/\\udc00"),
        (r'["a\u0000b"]', "nul", "/0"),
        (r'{"a\u0000": 1}', "nul", "/a\\u0000"),
        ("[1] 2", "syntax", ""),
        ("{'a': 1}", "syntax", ""),
        ("[1,]", "syntax", ""),
        ("[01]", "syntax", ""),
        ('["a\nb"]', "syntax", ""),
        ("\ufeff[]", "syntax", ""),
        (b"\xff\xfe[\x00]\x00", "bad_utf8", ""),
        (b'["\xed\xa0\x80"]', "bad_utf8", ""),
        ("[" * 10_000 + "]" * 10_000, "too_deep", ""),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "too_deep", ""),
        ("[" * 65 + "]" * 65, "too_deep", "/0" * 64),
    ],
)
def test_loads__not_hashable_json__refused_by_kind_and_pointer(text: str | bytes, kind: str, pointer: str) -> None:
    refused = refusal(text)
    assert (refused.kind, refused.code) == (kind, "invalid_document")
    assert refused.problems[0][0] == pointer
    assert refused.sentence.encode()


def test_loads__several_faults__all_are_named() -> None:
    refused = refusal('{"a": NaN, "b": {"c": 9007199254740993}, "d": "\\ud800"}')
    assert [pointer for pointer, _ in refused.problems] == ["/a", "/b/c", "/d"]
    assert "2 more" in refused.sentence


def test_loads__too_many_bytes__refused_before_parsing() -> None:
    assert refusal("[" + " " * 100, max_bytes=100).kind == "too_large"
    assert loads('"é"', max_bytes=4) == "é"
    assert refusal('"é"', max_bytes=3).kind == "too_large"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("-0", b"0"),
        ("-0.0", b"0"),
        ("1.0", b"1"),
        ("4.50", b"4.5"),
        ("1e30", b"1e+30"),
        ("1E21", b"1e+21"),
        ("9007199254740991", b"9007199254740991"),
        ("9007199254740994.0", b"9007199254740994"),
        ("1e-7", b"1e-7"),
        ("0.000001", b"0.000001"),
        ("5e-324", b"5e-324"),
        (r'"\u20ac\u001f\/"', '"€\\u001f/"'.encode()),
        ('{"b":1,"a":2}', b'{"a":2,"b":1}'),
        (r'{"\ufb33":1,"\ud83d\ude02":2}', '{"😂":2,"\ufb33":1}'.encode()),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, b"[" * MAX_DEPTH + b"]" * MAX_DEPTH),
    ],
)
def test_canonical_bytes__of_what_was_read__are_rfc_8785(text: str, canonical: bytes) -> None:
    assert canonical_bytes(loads(text)) == canonical


@settings(max_examples=300, deadline=None, derandomize=True)
@given(JSONS)
def test_canonical_bytes__any_json__are_those_of_the_reference_library(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(JSONS)
def test_loads_canonical__reads_back_exactly_what_was_written(value: Any) -> None:
    data = canonical_bytes(value)
    assert canonical_bytes(loads_canonical(data)) == data


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b"[1, 2]", b"1.0", b"1e2", b'"\\u0041"', b"9007199254740993"])
def test_loads_canonical__another_spelling__refused(data: bytes) -> None:
    with pytest.raises(InvalidDocument) as caught:
        loads_canonical(data)
    assert caught.value.kind == "not_canonical"


def test_loads_canonical__a_double_written_as_a_long_integer__is_a_double_again() -> None:
    assert loads_canonical(b"10000000000000000") == 1e16
    assert isinstance(loads_canonical(b"10000000000000000"), float)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Share(float):
    """A double that says something else of itself."""

    def __repr__(self) -> str:
        return "most of it"


def test_canonical_bytes__subclasses_of_plain_types__written_as_their_values() -> None:
    value = {"b": Colour.RED, "a": (1, 2.0), "c": [Level.HIGH, Share(2.0), Share(0.5)]}
    assert canonical_bytes(value) == b'{"a":[1,2],"b":"red","c":[3,2,0.5]}'


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1, 2}}, {"a": object()}, [b"x"], [1j]])
def test_check_value__no_json__refused(value: Any) -> None:
    with pytest.raises(InvalidDocument) as caught:
        check_value(value)
    assert caught.value.kind == "not_json"


def test_check_value__built_ten_thousand_deep__refused_without_a_crash() -> None:
    value: Any = []
    for _ in range(10_000):
        value = [value]
    with pytest.raises(InvalidDocument) as caught:
        check_value(value)
    assert caught.value.kind == "too_deep"


def test_check_value__big_doubles__refused_only_when_asked() -> None:
    check_value([1e16, 1e21])
    check_value([2.0**53 - 1], refuses_big_doubles=True)
    for big in (1e16, 1e21):
        with pytest.raises(InvalidDocument):
            check_value([big], refuses_big_doubles=True)


def test_digest__is_sha256_of_the_canonical_bytes_whatever_the_spelling() -> None:
    assert digest({"b": 1, "a": 1.0}) == digest(json.loads('{"a": 1, "b": 1.0}'))
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest_bytes(b"{}") == digest({})
