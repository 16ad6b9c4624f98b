"""JSON that can be hashed: one strict way in, one canonical way out. Pure.

What goes in is I-JSON (RFC 7493) and no more: no duplicate keys, no NaN or infinity, no lone surrogates, no U+0000, no
integer literal of 2^53 or above, bounded in size and depth. What comes out is RFC 8785 (JSON Canonicalization Scheme).
Numbers are read as JSON numbers are written: `1e30` is a double, `9007199254740993` is an integer and refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, ClassVar, Final, TypeAlias

import rfc8785

from governance.errors import Invalid

# any JSON value; the recursive type would forbid passing list[str] where list[JSON] is asked (lists are invariant)
JSON: TypeAlias = Any

MAX_BYTES: Final = 10 * 1024 * 1024
"""Largest text that `loads` reads, in bytes."""
MAX_DEPTH: Final = 64
"""Deepest nesting of arrays and objects; a scalar has depth 0."""
MAX_INTEGER: Final = 2**53 - 1
"""Largest integer that every reader of JSON keeps exactly (RFC 7493 section 2.2)."""
MAX_PROBLEMS: Final = 50

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_BIG = "an integer of 2^53 or above is not kept exactly; write it as a string."


class InvalidDocument(Invalid):
    """The text or value is not JSON that can be hashed.

    `kind` names the first fault: `empty`, `too_large`, `bad_utf8`, `syntax`, `too_deep`, `duplicate_key`,
    `not_finite`, `big_integer`, `lone_surrogate`, `nul`, `not_json`, `not_canonical`.
    `problems` holds a JSON pointer (RFC 6901) and a sentence for each.
    """

    code: ClassVar[str] = "invalid_document"

    def __init__(self, kind: str, sentence: str, *, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(sentence, problems=problems or (("", sentence),))
        self.kind = kind


def loads(text: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JSON:
    """Parse one JSON text strictly; raise `InvalidDocument` rather than guess."""
    value = _parsed(_text(text, max_bytes=max_bytes), parse_int=_integer)
    _raise_problems(_scanned(value, max_depth=max_depth))
    return value


def check_value(value: JSON, *, max_depth: int = MAX_DEPTH, refuses_big_doubles: bool = False) -> None:
    """Refuse a value that `loads` would never have returned; raises `InvalidDocument`.

    With `refuses_big_doubles` also doubles of 2^53 and above: RFC 8785 writes some of them, and jsonb all of them, as
    integers that would be refused when read back.
    """
    scan = _Scan(max_depth, refuses_big_doubles=refuses_big_doubles)
    scan.value(value)
    _raise_problems(scan)


def canonical_bytes(value: JSON, *, max_depth: int = MAX_DEPTH) -> bytes:
    """The RFC 8785 bytes of a value; raises `InvalidDocument` for a value that has none."""
    scan = _scanned(value, max_depth=max_depth)
    _raise_problems(scan)
    if scan.is_odd:
        return rfc8785.dumps(value)
    plain = _whole(value) if scan.has_whole_doubles else value
    return _ENCODER.encode(plain).encode()


def loads_canonical(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JSON:
    """Read back what `canonical_bytes` wrote, and nothing else.

    RFC 8785 writes the double 1e16 as `10000000000000000`, which `loads` refuses as an integer; here it is a double.
    """
    value = _parsed(_text(data, max_bytes=max_bytes), parse_int=_integer_or_double)
    if canonical_bytes(value, max_depth=max_depth) != data:
        raise InvalidDocument("not_canonical", "These bytes are not in canonical form (RFC 8785).")
    return value


def digest(value: JSON) -> str:
    """`sha256:` and 64 hex digits over the canonical bytes."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(data: bytes) -> str:
    """`sha256:` and 64 hex digits over the bytes as they are."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _text(text: str | bytes, *, max_bytes: int) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise InvalidDocument("too_large", f"The text has {size:,} bytes; at most {max_bytes:,} are read.")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidDocument("bad_utf8", f"Byte {error.start} is not UTF-8; save the text as UTF-8.") from None
    if text.startswith("\ufeff"):
        raise InvalidDocument(
            "syntax",
            "The text starts with a byte order mark; save it as UTF-8 without one.",
        )
    if not text.strip(" \t\r\n"):
        raise InvalidDocument("empty", "There is nothing here; give one JSON value.")
    return text


class _Doubled(dict[str, JSON]):
    """An object in which a key came twice; exists only between parser and scan."""

    names: tuple[str, ...] = ()


class _HugeInteger:
    """An integer literal too long to be worth converting; exists only between parser and scan."""


def _pairs(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    doubled, seen = _Doubled(value), set[str]()
    doubled.names = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return doubled


def _integer(literal: str) -> JSON:
    return int(literal) if len(literal) < 20 else _HugeInteger()


def _integer_or_double(literal: str) -> JSON:
    value = _integer(literal)
    return value if isinstance(value, int) and abs(value) <= MAX_INTEGER else float(literal)


def _parsed(text: str, *, parse_int: Any) -> JSON:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_int=parse_int)
    except RecursionError:
        raise InvalidDocument("too_deep", "Arrays and objects are nested far too deeply; flatten them.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidDocument("syntax", f"This is not JSON ({where}): {error.msg}.") from None


def _raise_problems(scan: _Scan) -> None:
    if not scan.problems:
        return
    kind, pointer, sentence = scan.problems[0]
    more = f" (and {len(scan.problems) - 1} more)" if len(scan.problems) > 1 else ""
    raise InvalidDocument(
        kind,
        f"At {pointer or 'the top'}: {sentence}{more}",
        problems=tuple((pointer, sentence) for _, pointer, sentence in scan.problems),
    )


class _Scan:
    """One walk over a value: what is wrong with it, and how far the fast JSON encoder already writes RFC 8785.

    `is_odd`: keys or numbers that only the full algorithm writes right. `has_whole_doubles`: 3.0, to be written as 3.
    """

    __slots__ = ("has_whole_doubles", "is_odd", "max_depth", "path", "problems", "refuses_big_doubles")

    def __init__(self, max_depth: int, *, refuses_big_doubles: bool = False) -> None:
        self.max_depth = max_depth
        self.refuses_big_doubles = refuses_big_doubles
        self.path: list[str | int] = []
        self.problems: list[tuple[str, str, str]] = []
        self.is_odd = False
        self.has_whole_doubles = False

    def value(self, value: JSON) -> None:
        kind = type(value)
        if kind is str:
            if "\x00" in value or not value.isascii():
                self.text(value)
        elif value is None or kind is bool:
            pass
        elif kind is int:
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                self.refuse("big_integer", _BIG)
        elif kind is float:
            self.double(value)
        elif kind is dict or kind is list:
            self.container(value)
        else:
            self.other(value)

    def container(self, value: JSON) -> None:
        if len(self.path) >= self.max_depth:
            self.refuse("too_deep", f"nested deeper than {self.max_depth} levels; flatten it.")
        elif isinstance(value, dict):
            self.members(value)
        else:
            self.items(value)

    def items(self, value: list[JSON] | tuple[JSON, ...]) -> None:
        path = self.path
        path.append(0)
        for index, item in enumerate(value):
            if type(item) is not str or not item.isascii() or "\x00" in item:
                path[-1] = index
                self.value(item)
        path.pop()

    def members(self, value: dict[str, JSON]) -> None:
        path = self.path
        path.append("")
        for key, item in value.items():
            # the common case first, without a call: a plain key with plain text
            if type(key) is not str or not key.isascii() or "\x00" in key:
                path[-1] = key
                if not self.key(key):
                    continue
            if type(item) is not str or not item.isascii() or "\x00" in item:
                path[-1] = key
                self.value(item)
        path.pop()

    def key(self, key: JSON) -> bool:
        """Whether a key that is not plain is a key at all."""
        if not isinstance(key, str):
            self.refuse("not_json", f"a key is a {type(key).__name__}; keys are text.")
            return False
        self.is_odd = True  # the fast encoder sorts by code point, RFC 8785 by UTF-16 unit
        self.text(key)
        return True

    def text(self, value: str) -> None:
        if "\x00" in value:
            self.refuse("nul", "the character U+0000 cannot be stored; leave it out.")
        try:
            value.encode()
        except UnicodeEncodeError:
            self.refuse(
                "lone_surrogate",
                "half of a surrogate pair is not a character; write the whole one.",
            )

    def double(self, value: float) -> None:
        if not math.isfinite(value):
            self.refuse(
                "not_finite",
                "JSON has no NaN, no infinity and no number beyond 1.8e308; use null or a string.",
            )
        elif value.is_integer() and abs(value) <= MAX_INTEGER:
            self.has_whole_doubles = True
        elif not 1e-4 <= abs(value) < 1e15:
            self.is_odd = True
            if self.refuses_big_doubles and abs(value) > MAX_INTEGER:
                self.refuse("big_integer", _BIG)

    def other(self, value: JSON) -> None:
        """Subclasses of the plain types, and everything that is no JSON."""
        if isinstance(value, _Doubled):
            for name in value.names:
                self.path.append(name)
                self.refuse("duplicate_key", "this key comes twice in one object; keep one.")
                self.path.pop()
        elif isinstance(value, _HugeInteger):
            self.value(2**53)
        elif isinstance(value, dict | list | tuple):
            self.container(value)
        else:
            base = next((base for base in (str, int, float) if isinstance(value, base)), None)
            if base is None:
                self.refuse("not_json", f"a {type(value).__name__} is no JSON value.")
            else:
                # `_whole` knows plain doubles only; of text and integers the fast encoder writes what is underneath
                self.is_odd = self.is_odd or base is float
                self.value(base.__str__(value) if base is str else base(value))

    def refuse(self, kind: str, sentence: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((kind, _pointer(self.path), sentence))


def _scanned(value: JSON, *, max_depth: int) -> _Scan:
    scan = _Scan(max_depth)
    scan.value(value)
    return scan


def _whole(value: JSON) -> JSON:
    """A copy in which every whole double is an integer."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value


def _pointer(path: list[str | int]) -> str:
    return "".join("/" + _visible(str(token).replace("~", "~0").replace("/", "~1")) for token in path)


def _visible(text: str) -> str:
    """Text that any terminal and any UTF-8 encoder takes: what is wrong with it shown as an escape."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()
