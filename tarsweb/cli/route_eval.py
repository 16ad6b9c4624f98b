"""`tars route-eval`: how well the router does on labelled requests of your own, from files, with no database and no Django.

The figures go to standard output, progress and remarks to standard error. Exit codes: 0 measured, 1 a file that cannot be used, 2
wrong use.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tarsweb.cli.documents import WrongUse, print_json, read, run, write

if TYPE_CHECKING:
    from routing.embeddings.embedder import Embedder
    from routing.router.evaluating import Figures, Row


def register(app: typer.Typer) -> None:
    """Add the command `route-eval` to an application."""
    app.command("route-eval")(route_eval)


def route_eval(
    train: Annotated[
        list[str], typer.Option("--train", metavar="FILE", help="Requests that become rules. May be given again.")
    ],
    test: Annotated[
        list[str], typer.Option("--test", metavar="FILE", help="Requests that are asked. May be given again.")
    ],
    validation: Annotated[
        list[str] | None,
        typer.Option(
            "--validation", metavar="FILE", help="Requests that the threshold is chosen by. May be given again."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Measure the router on labelled requests: CSV with text,label or JSON Lines with those members; label oos: out of scope.

    The training file becomes rules that stand nowhere but here; the test is asked as live requests are. The threshold is chosen
    by the validation, else by a fifth of the training file, never by the test.

    Examples:  tars route-eval --train train.csv --test test.csv
    tars route-eval --train train.jsonl --validation val.jsonl --test test.jsonl --json
    """

    def work() -> None:
        _alone([*train, *test, *(validation or [])])
        embedder = _embedder()
        known, asked, tuned = _rows(train), _rows(test), _rows(validation or [])
        _check(known, asked, tuned)
        found = _measured(known, asked, tuned, embedder)
        if as_json:
            print_json(found.as_json())
        else:
            write("\n".join(_lines(found)) + "\n")

    run(work)


def _measured(train: Sequence[Row], test: Sequence[Row], validation: Sequence[Row], embedder: Embedder) -> Figures:
    from routing.router.evaluating import measured, prepared

    made = prepared(train, validation, embedder=embedder, told=_tell)
    if made.scratch.trained is None:
        _tell("so few requests, or so many labels, that they are compared with the nearest rules alone")
    return measured(made, test, embedder=embedder, clock=time.perf_counter, told=_tell)


def _embedder() -> Embedder:
    """The one that `TARS_EMBEDDER` names; a service is no part of a measurement that works offline."""
    # HAZARD: numpy reads this when it is loaded; threads of BLAS wait for each other longer than one sentence takes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    chosen = os.environ.get("TARS_EMBEDDER", "").strip() or "minilm"
    if chosen == "lexical":
        from routing.embeddings.lexical import Lexical

        return Lexical()
    if chosen != "minilm":
        raise WrongUse("route-eval embeds on this machine: set TARS_EMBEDDER to minilm or lexical.")
    from routing.embeddings.minilm import MiniLM

    return MiniLM()


def _rows(sources: Sequence[str]) -> list[Row]:
    from routing.router.labelled import MOST_BYTES, rows_of

    return [row for source in sources for row in rows_of(read(source, most=MOST_BYTES), name=_name(source))]


def _name(source: str) -> str:
    return "Standard input" if source == "-" else source


def _alone(sources: Sequence[str]) -> None:
    if sources.count("-") > 1:
        raise WrongUse("Only one of the files can be read from standard input.")


def _check(train: Sequence[Row], test: Sequence[Row], validation: Sequence[Row]) -> None:
    """Refuse what nothing can be learned from; remark on what may be a mistake."""
    from governance.errors import Invalid
    from routing.router.evaluating import OUT_OF_SCOPE

    known = {row.label for row in train} - {OUT_OF_SCOPE}
    if len(known) < 2:
        said = f"one label, {known.pop()}" if known else f"the label {OUT_OF_SCOPE} alone"
        raise Invalid(f"The training file has {said}. There is nothing to choose between: it needs two labels or more.")
    for rows, name in ((test, "test"), (validation, "validation")):
        strange = Counter(row.label for row in rows if row.label not in known and row.label != OUT_OF_SCOPE)
        if strange:
            few = ", ".join(sorted(strange)[:5]) + (" and others" if len(strange) > 5 else "")
            _tell(f"the training file has no {few}: {strange.total():,} requests of the {name} file count as wrong")
    _check_same(train, test)


def _check_same(train: Sequence[Row], test: Sequence[Row]) -> None:
    texts = {row.text for row in train}
    if again := len(train) - len(texts):
        _tell(f"{again:,} requests of the training file stand there twice; the first counts")
    if shared := sum(row.text in texts for row in test):
        _tell(f"{shared:,} requests of the test file stand in the training file too: the figures flatter")


def _tell(what: str) -> None:
    print(f"{what[:1].upper()}{what[1:]}.", file=sys.stderr, flush=True)


def _lines(found: Figures) -> list[str]:
    def share(value: float | None, of: str) -> str:
        return f"{value:.1%}" if value is not None else f"no {of}"

    return [
        f"Asked {found.n:,} requests at the threshold {found.threshold:.4f}.",
        f"In scope, the right label:       {share(found.accuracy, 'request in scope')}",
        f"Out of scope, recognised:        {share(found.oos_recall, 'request out of scope')}",
        f"Turned away, rightly:            {share(found.oos_precision, 'request turned away')}",
        f"Time for one: half below {found.p50_ms:.1f} ms, 95 of 100 below {found.p95_ms:.1f} ms.",
    ]
