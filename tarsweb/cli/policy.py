"""`tars policy`: theories and decisions on files the user gives, with no database and no Django.

Data goes to standard output, messages to standard error. Exit codes: 0 an answer was given (a denial is one), 1 a failed check
or a theory that cannot be read, 2 wrong use.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tarsweb.cli.documents import READ_DEPTH, WrongUse, answer_lines, parse, print_json, read, run, write

if TYPE_CHECKING:
    from governance.policy.book import Book
    from governance.policy.conclude import Conclusions
    from governance.policy.rules import Theory
    from governance.policy.verdict import Verdict

JSON = Any
File = Annotated[str | None, typer.Argument(metavar="FILE", help="Rules as text or as JSON; - is stdin.")]
Lines = Annotated[
    bool, typer.Option("--lines", help="JSON Lines in (from the one file, or stdin), one answer a line out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]

BOOKS: Final = 8
"""Sets of rules that `--lines` keeps ready: a thousand questions to one set read it once."""

HELP: Final = "What follows from rules, and whether an action may happen."

app = typer.Typer(name="policy", help=HELP, no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add `policy` with its commands to an application."""
    parent.add_typer(app)


@app.callback(help=HELP)
def prepare() -> None:
    # a large theory is a million small objects that live until the end: looking through them again and again doubles the time
    gc.set_threshold(200_000, 20, 100)


@app.command("conclude")
def conclude(file: File = None, lines: Lines = False, as_json: AsJson = False) -> None:
    """Say what follows from a theory: +D -D +d -d, or facts, duties, permissions and breaches where it states norms.

    Examples:  tars policy conclude tweety.txt  ·  tars policy conclude --json theory.json
    tars policy conclude --lines theories.jsonl   (one theory a line, in JSON, or as a JSON text in the text format)
    """

    def work() -> None:
        if lines:
            answer_lines(file or "-", lambda line: _conclusions(parse(line)))
        elif file is None:
            raise WrongUse("Give a file; `tars policy conclude --help` shows examples.")
        else:
            stated = _stated(read(file))
            if as_json:
                print_json(_conclusions(stated))
            else:
                _print(_conclusion_lines(_found(stated)))

    run(work)


@app.command("decide")
def decide(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The questions, with --lines; - is stdin.")
    ] = None,
    rules: Annotated[str | None, typer.Option("--rules", metavar="FILE", help="Rules as text or JSON.")] = None,
    facts: Annotated[str | None, typer.Option("--facts", metavar="FILE", help="Facts: a JSON object.")] = None,
    action: Annotated[str | None, typer.Option("--action", metavar="NAME", help="What shall be done.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When; now if left out.")] = None,
    bearer: Annotated[str, typer.Option("--bearer", metavar="NAME", help="Who asks.")] = "",
    lines: Annotated[
        bool,
        typer.Option(
            "--lines",
            help='One {"rules" or "rules_text", "facts", "action", "at", "bearer"} a line in, one verdict out.',
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether an action may happen under rules, and why. A denial is an answer: the exit code is 0.

    Examples:  tars policy decide --rules law.txt --facts case.json --action upload
    tars policy decide --rules law.txt --facts - --action upload --at 2026-12-31T18:00:00Z --json
    tars policy decide --lines cases.jsonl
    """

    def work() -> None:
        if lines:
            stated = _law(rules) if rules else None
            answer_lines(file or "-", lambda line: _decided_line(line, stated, at, bearer))
        elif rules is None or action is None or file is not None:
            raise WrongUse(
                "Give --rules, --action and --facts, or --lines; `tars policy decide --help` shows examples."
            )
        elif rules == facts == "-":
            raise WrongUse("Only one of the two can be read from standard input.")
        else:
            given = parse(read(facts)) if facts else {}
            verdict = _decided(_book(_law(rules)), given, action, at, bearer)
            if as_json:
                print_json(verdict.as_json())
            else:
                _print(_verdict_lines(verdict))

    run(work)


@app.command("check")
def check(file: File = None, as_json: AsJson = False) -> None:
    """Say what keeps rules from being put in force: conflicts, circles, doubled names, preferences that lift a lower class.

    Examples:  tars policy check law.txt  ·  tars policy check --json theory.json
    """

    def work() -> None:
        if file is None:
            raise WrongUse("Give a file; `tars policy check --help` shows examples.")
        from governance.policy import soundness, tiers

        theory = _theory(_law(file))
        found = (*soundness.findings(theory), *tiers.findings(theory))
        if as_json:
            print_json(
                {"findings": [{"code": one.code, "sentence": one.sentence, "rules": list(one.rules)} for one in found]}
            )
        else:
            sound = f"These rules can be put in force: {len(theory.rules)}, and {len(theory.preferences)} preferences."
            _print([f"{one.code}: {one.sentence}" for one in found] or [sound])
        if found:
            raise typer.Exit(1)

    run(work)


def _law(source: str) -> JSON:
    """What a file of rules states; raises `NotATheory` for one that is longer than any tenant's law may be."""
    from governance.constitution.schema import MAX_BYTES
    from governance.policy.errors import NotATheory

    data = read(source, most=MAX_BYTES)
    if len(data) > MAX_BYTES:
        raise NotATheory(
            f"The rules have more than {MAX_BYTES:,} bytes, the most that a tenant's law may have. Leave out what is not asked"
            " about; `tars policy conclude` takes more."
        )
    return _stated(data)


def _stated(data: bytes) -> JSON:
    """What a file states: a JSON value, or the text of a theory."""
    from governance.canonical import MAX_BYTES
    from governance.policy.errors import NotATheory

    if data.lstrip()[:1] in (b"{", b"[") or len(data) > MAX_BYTES:
        return parse(data)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotATheory(f"Byte {error.start} is not UTF-8; save the text as UTF-8.") from None


def _theory(stated: JSON) -> Theory:
    from governance.policy import jsonform, text

    return text.parse(stated) if isinstance(stated, str) else jsonform.theory_of(stated)


def _found(stated: JSON) -> Conclusions:
    from governance.policy.conclude import conclude

    return conclude(_theory(stated))


def _conclusions(stated: JSON) -> dict[str, JSON]:
    from governance.policy.jsonform import has_kinds

    found = _found(stated)
    return found.as_json(is_normative=found.has_norms or has_kinds(stated))


def _decided_line(line: bytes, stated: JSON, at: str | None, bearer: str) -> dict[str, JSON]:
    from governance.constitution.schema import MAX_BYTES

    asked = parse(line)
    if not isinstance(asked, dict) or not isinstance(asked.get("action"), str):
        raise _refusal("A line holds rules or rules_text, facts, action, and if need be at and bearer.")
    own = asked.get("rules_text", asked.get("rules", stated))
    if own is None:
        raise _refusal("There are no rules: give rules or rules_text in the line, or --rules FILE for all lines.")
    if own is not stated and len(line) > MAX_BYTES:
        raise _refusal(f"A line with rules of its own has at most {MAX_BYTES:,} bytes, as a tenant's law has.")
    moment = asked.get("at", at)
    if not isinstance(asked.get("bearer", bearer), str) or not isinstance(moment, str | None):
        raise _refusal("at is a moment such as 2026-12-31T18:00:00Z, and bearer a name; both are texts.")
    return _decided(
        _book(own), asked.get("facts") or {}, asked["action"], moment, asked.get("bearer", bearer)
    ).as_json()


def _decided(book: Book, facts: JSON, action: str, at: str | None, bearer: str) -> Verdict:
    from governance.policy.decide import decide
    from governance.policy.notes import moment

    when = datetime.now(UTC) if at is None else moment(at)
    if when is None:
        raise _refusal(f"{at} is no moment; write a date or a time with offset, as in 2026-12-31T18:00:00Z.")
    if not isinstance(facts, dict | list):
        raise _refusal('Facts are a JSON object, as in {"amount": 600, "customer": {"country": "DE"}}.')
    return decide(
        book, facts=_literals(facts) if isinstance(facts, list) else facts, action=action, at=when, bearer=bearer
    )


def _literals(facts: list[JSON]) -> list[JSON]:
    from governance.policy.text import literal

    return [literal(fact) if isinstance(fact, str) else fact for fact in facts]


def _book(stated: JSON) -> Book:
    from governance import canonical

    return _compiled(stated if isinstance(stated, str) else canonical.canonical_bytes(stated, max_depth=READ_DEPTH))


@lru_cache(maxsize=BOOKS)
def _compiled(stated: str | bytes) -> Book:
    from governance.policy.book import book_of

    return book_of(_theory(stated if isinstance(stated, str) else parse(stated)))


def _refusal(sentence: str) -> Exception:
    from governance.errors import Invalid

    return Invalid(sentence)


def _print(lines: list[str]) -> None:
    from governance.constitution.wording import visible

    write("".join(f"{visible(line, limit=10_000)}\n" for line in lines))


def _conclusion_lines(found: Conclusions) -> list[str]:
    """A table with a row for each literal."""
    from governance.policy.writing import literal_text

    columns: list[tuple[str, Callable[[JSON], str]]] = [
        ("certain", _column(found.definite, found.not_definite)),
        ("holds", _column(found.defeasible, found.not_defeasible)),
    ]
    if found.has_norms:
        columns += [
            ("obligatory", _column(found.obligations, found.not_obligations)),
            ("permitted", _column(found.permissions, found.not_permissions)),
            ("broken", _column(found.violations, None)),
        ]
    rows = sorted((literal_text(one), one) for one in found.literals)
    width = max([len("literal"), *(len(name) for name, _ in rows)])
    lines = [f"{'literal':<{width}}  {'  '.join(f'{title:<10}' for title, _ in columns)}".rstrip()]
    lines += [f"{name:<{width}}  {'  '.join(f'{cell(one):<10}' for _, cell in columns)}".rstrip() for name, one in rows]
    if found.terminal_violations:
        lines.append(f"Broken beyond repair: {', '.join(sorted(found.terminal_violations))}")
    return lines


def _column(yes: tuple[JSON, ...], no: tuple[JSON, ...] | None) -> Callable[[JSON], str]:
    proved, refuted = set(yes), set(no or ())
    return lambda one: (
        "yes" if one in proved else "no" if no is not None and one in refuted else "" if no is None else "open"
    )


def _verdict_lines(verdict: Verdict) -> list[str]:
    parts = [
        (
            "Because",
            [f"{one.rule}: {one.words or one.conclusion}{_place(one.source, one.weight)}" for one in verdict.because],
        ),
        ("Defeated", [f"{one.rule}: {one.conclusion}, by {one.by} ({one.why})" for one in verdict.defeated]),
        (
            "Duties",
            [f"{one.duty}: {'met' if one.is_satisfied else 'open'} ({one.rule})" for one in verdict.obligations],
        ),
        ("Missing facts", list(verdict.missing_facts)),
        ("Errors", list(verdict.errors)),
        ("It would pass if", list(verdict.would_pass_if)),
    ]
    lines = [f"{verdict.outcome.value}: {verdict.sentence}"]
    for title, items in parts:
        lines += [f"{title}:", *(f"  {item}" for item in items)] if items else []
    return [*lines, f"Compliance score: {verdict.compliance_score}"]


def _place(source: str, weight: int) -> str:
    return f" [{', '.join(part for part in (source, f'weight {weight}') if part)}]"
