"""Whether a document is a constitution: size, depth, shape, sense. Pure.

`jsonschema-rs` answers yes or no (it is two hundred times faster), `jsonschema` words the errors; neither may fetch a
reference. Unknown fields are allowed and kept.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar, Final

from governance import canonical
from governance.canonical import JSON, InvalidDocument
from governance.constitution import sense
from governance.constitution.sense import capabilities_of, protected, tunable, version_of
from governance.constitution.values import pointer_of
from governance.constitution.wording import visible
from governance.errors import Invalid

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs

__all__ = [
    "InvalidConstitution",
    "capabilities_of",
    "check",
    "problems",
    "protected",
    "tunable",
    "version_of",
]

MAX_BYTES: Final = 2 * 1024 * 1024
"""Largest constitution, in bytes of compact JSON."""
MAX_DEPTH: Final = 32
MAX_PROBLEMS: Final = canonical.MAX_PROBLEMS


class InvalidConstitution(Invalid):
    """The document is no constitution; `problems` lists every fault by pointer."""

    code: ClassVar[str] = "invalid_constitution"


def check(document: JSON) -> None:
    """Raise `InvalidConstitution` with every problem, or return."""
    found = problems(document)
    if found:
        pointer, sentence = found[0]
        more = f" There {'is' if len(found) == 2 else 'are'} {len(found) - 1} more." if len(found) > 1 else ""
        place = visible(pointer) if pointer else "the document"
        raise InvalidConstitution(f"At {place}: {sentence}{more}", problems=found)


def problems(document: JSON) -> tuple[tuple[str, str], ...]:
    """`(pointer, sentence)` for everything wrong with a document as a constitution; empty when it is one."""
    if found := _unkept(document):
        return found
    if not _validator().is_valid(document):
        return _worded(document)
    return sense.problems(document)[:MAX_PROBLEMS]


def _unkept(document: JSON) -> tuple[tuple[str, str], ...]:
    """What cannot be stored and hashed exactly."""
    try:
        canonical.check_value(document, max_depth=MAX_DEPTH, refuses_big_doubles=True)
    except InvalidDocument as error:
        return error.problems
    size = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_BYTES:
        return (
            (
                "",
                f"A constitution has at most {MAX_BYTES:,} bytes; this one has {size:,}.",
            ),
        )
    return ()


def _worded(document: JSON) -> tuple[tuple[str, str], ...]:
    errors = sorted(
        _wording().iter_errors(document),
        key=lambda error: list(map(str, error.absolute_path)),
    )
    found = dict.fromkeys((pointer_of(error.absolute_path), _sentence(error)) for error in errors)
    return tuple(found)[:MAX_PROBLEMS] or (("", "This is not the shape of a constitution."),)


def _sentence(error: jsonschema.ValidationError) -> str:
    if error.validator == "pattern":
        return f"{visible(repr(error.instance))} is not a JSON pointer such as /routing_confidence_threshold."
    if error.validator == "anyOf":
        return "a tunable field needs bounds: give min and max, or values, or for a text written_by_model."
    return f"{visible(error.message, limit=200)}."


@cache
def _schema() -> dict[str, JSON]:
    schema: dict[str, JSON] = json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_schema(), offline=True)


@cache
def _wording() -> jsonschema.Draft202012Validator:
    import jsonschema
    import referencing

    return jsonschema.Draft202012Validator(_schema(), registry=referencing.Registry())
