"""`tars diff` and `tars canon`: constitutions on the command line, with no database and no Django.

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from governance.errors import DomainError

JSON = Any
READ_DEPTH: Final = 256
"""Deepest document these commands read; a constitution has its own, smaller limit."""
LINE_BYTES: Final = 64 * 1024 * 1024
"""Longest line that `--lines` reads."""


class Form(StrEnum):
    SENTENCE = "sentence"
    CHANGES = "changes"
    PATCH = "patch"


class WrongUse(Exception):
    """The command was given something it has no use for; exit code 2."""


def register(app: typer.Typer) -> None:
    """Add `diff` and `canon` to an application."""
    app.command("diff")(diff)
    app.command("canon")(canon)


def diff(
    first: Annotated[
        str | None, typer.Argument(metavar="A", help="Old document, or the patch with --apply; - is stdin.")
    ] = None,
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="New document, or the document to patch; - is stdin.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="How to show what changed.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Apply patch A (RFC 6902) to document B.")] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="JSON Lines in (from the one file, or stdin), one answer a line out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Say what changed between two JSON documents, or apply a patch.

    Examples:  tars diff old.json new.json  ·  tars diff --format patch old.json new.json
    tars diff --apply patch.json doc.json  ·  tars diff --lines pairs.jsonl
    """

    def work() -> None:
        if lines:
            _alone(second)
            answer_lines(first or "-", lambda line: _diff_line(line, form))
        elif first is None or second is None:
            raise WrongUse("Give two files, or --lines and one file; `tars diff --help` shows examples.")
        elif first == second == "-":
            raise WrongUse("Only one of the two can be read from standard input.")
        elif apply:
            result = _applied(_load(first), _load(second))
            print_json({"result": result} if as_json else result)
        else:
            _print_diff(_load(first), _load(second), form or Form.SENTENCE, as_json=as_json)

    run(work)


def canon(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A JSON document; - is stdin.")] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="JSON Lines in (from the one file, or stdin), one answer a line out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of bytes and digest.")] = False,
) -> None:
    """Print a document's canonical bytes (RFC 8785) and, on a second line, their SHA-256 digest.

    Examples:  tars canon doc.json  ·  tars canon --json -  ·  tars canon --lines docs.jsonl
    """

    def work() -> None:
        if lines:
            answer_lines(file or "-", _canon_line)
        elif file is None:
            raise WrongUse("Give a file; `tars canon --help` shows examples.")
        elif as_json:
            print_json(_canon_line(read(file)))
        else:
            answer = _canon_line(read(file))
            write(f"{answer['canonical']}\n")
            write(f"{answer['digest']}\n")

    run(work)


def run(work: Callable[[], None]) -> None:
    """Turn what can go wrong into a sentence on standard error and an exit code."""
    from governance.errors import DomainError

    try:
        work()
    except WrongUse as error:
        _fail(str(error), code=2)
    except OSError as error:
        _fail(f"{error.filename or 'The file'}: {error.strerror or error}.", code=2)
    except DomainError as error:
        _fail(error.sentence, code=1)


def _fail(sentence: str, *, code: int) -> None:
    from governance.constitution.wording import visible

    typer.echo(visible(sentence, limit=2000), err=True)
    raise typer.Exit(code)


def _print_diff(old: JSON, new: JSON, form: Form, *, as_json: bool) -> None:
    answer = _diff_answer(old, new, form)
    if as_json:
        print_json(answer)
    elif form is Form.SENTENCE:
        write(f"{answer['sentence']}\n")
    elif form is Form.PATCH:
        print_json(answer["patch"])
    else:
        for change in answer["changes"]:
            print_json(change)


def _diff_answer(old: JSON, new: JSON, form: Form | None) -> dict[str, JSON]:
    from governance.constitution import diff as differ
    from governance.constitution.sentence import sentence

    if form is Form.PATCH:
        return {"patch": differ.operations(old, new)}
    found = differ.changes(old, new)
    listed = [change.as_json() for change in found]
    return {"changes": listed, "effect": str(differ.effect_of(found)), "sentence": sentence(found)}


def _applied(patch: JSON, document: JSON) -> JSON:
    from governance.constitution.patch import apply

    return apply(patch, document)


def _diff_line(line: bytes, form: Form | None) -> dict[str, JSON]:
    """`{"old", "new"}` → what changed; `{"doc", "patch"}` → `{"result"}`."""
    asked = parse(line)
    if isinstance(asked, dict) and {"old", "new"} <= asked.keys():
        return _diff_answer(asked["old"], asked["new"], form)
    if isinstance(asked, dict) and {"doc", "patch"} <= asked.keys():
        return {"result": _applied(asked["patch"], asked["doc"])}
    raise _refusal("A line holds old and new, or doc and patch.")


def _canon_line(line: bytes) -> dict[str, JSON]:
    from governance import canonical

    data = canonical.canonical_bytes(parse(line), max_depth=READ_DEPTH)
    return {"canonical": data.decode(), "digest": canonical.digest_bytes(data)}


def answer_lines(source: str, answer: Callable[[bytes], dict[str, JSON]]) -> None:
    """One answer for each line, in order; a bad line is answered with its error."""
    from governance.errors import DomainError

    for line in _lines(source):
        try:
            print_json(answer(line))
        except DomainError as error:
            print_json(_error(error))


def _error(error: DomainError) -> dict[str, JSON]:
    problems = [{"pointer": pointer, "sentence": sentence} for pointer, sentence in error.problems]
    kind = getattr(error, "kind", None)
    return {"error": error.sentence, "code": error.code, **({"kind": kind} if kind else {}), "problems": problems}


def _refusal(sentence: str) -> DomainError:
    from governance.errors import Invalid

    return Invalid(sentence)


def _alone(other: str | None) -> None:
    if other is not None:
        raise WrongUse("--lines reads everything from one file; give only that.")


def _load(source: str) -> JSON:
    return parse(read(source))


def parse(text: bytes) -> JSON:
    from governance import canonical

    return canonical.loads(text, max_depth=READ_DEPTH)


def read(source: str, *, most: int | None = None) -> bytes:
    """The bytes of a file, at most one more than `most`, or than a document may have."""
    from governance.canonical import MAX_BYTES

    most = MAX_BYTES if most is None else most
    if source == "-":
        return sys.stdin.buffer.read(most + 1)
    with Path(source).open("rb") as file:
        return file.read(most + 1)


def _lines(source: str) -> Iterator[bytes]:
    if source == "-":
        yield from _split(sys.stdin.buffer)
    else:
        with Path(source).open("rb") as file:
            yield from _split(file)


def _split(file: IO[bytes]) -> Iterator[bytes]:
    """Lines by newline alone (a carriage return is JSON space); of an endless line only the first part is kept."""
    while line := file.readline(LINE_BYTES):
        whole = line
        while not whole.endswith(b"\n") and (whole := file.readline(LINE_BYTES)):
            pass
        yield line


def print_json(value: JSON) -> None:
    write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def write(text: str) -> None:
    """UTF-8 whatever the terminal's locale says, so that output can be hashed."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()
