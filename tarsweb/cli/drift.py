"""`tars drift scan`: when a stream of numbers began to behave otherwise, from files, with no database and no Django.
`tars drift elicit SYSTEM`: have a server's worker ask a system the canonical scenarios.

Data goes to standard output, messages to standard error. Exit codes: 0 scanned (an alarm is an answer) or passed, 1 a file that
cannot be used or a run that did not pass, 2 wrong use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from tarsweb.cli.documents import WrongUse, answer_lines, parse, print_json, run, write

if TYPE_CHECKING:
    from governance.drift.detect.stream import Detector, Found

HELP = "When a stream began to behave otherwise, and the drift states that follow."

app = typer.Typer(name="drift", help=HELP, no_args_is_help=True)


class Kind(StrEnum):
    """The detectors by name (`governance.drift.detect.stream.DETECTORS`)."""

    SHIFT = "shift"
    KS = "ks"
    COMPLIANCE = "compliance"
    APPROVAL = "approval"
    DISTANCE = "distance"
    ALWAYS = "always"


def register(parent: typer.Typer) -> None:
    """Add `drift` with its commands to an application."""
    parent.add_typer(app)


@app.callback(help=HELP)
def prepare() -> None:
    """A group of commands, so that `scan` is said."""


@app.command("scan")
def scan(
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="A CSV file with a header; - is stdin.")
    ] = None,
    column: Annotated[str | None, typer.Option("--column", metavar="NAME", help="The column of numbers.")] = None,
    detector: Annotated[
        Kind,
        typer.Option(
            "--detector",
            help="shift: place and spread. ks: p < 0.01 each 100 rows. compliance, approval: a share of 1 among 0 and 1 below 95 "
            "or 80 %. distance: a mean above 0.3. always: the dummy, an alarm each 100 rows.",
        ),
    ] = Kind.SHIFT,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="The score that is an alarm, in place of the detector's own.")
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes-per-row", help="How far apart rows are, for the states' 24 and 72 hours.")
    ] = 15.0,
    lines: Annotated[
        str | None,
        typer.Option(
            "--lines",
            metavar="FILE",
            help='JSON Lines: {"values": […], "detector", "threshold", "minutes_per_row"} a line in, one answer a line out.',
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Scan a column of numbers: the rows at which it changed, and the drift states. Rows count from 0 below the header.

    Examples:  tars drift scan --csv latency.csv --column ms  ·  tars drift scan --csv - --column value --json
    tars drift scan --lines streams.jsonl
    """

    def work() -> None:
        if lines is not None:
            if csv is not None or column is not None:
                raise WrongUse("--lines reads everything from its own file; leave out --csv and --column.")
            answer_lines(lines, lambda line: _answer(_of_line(parse(line), detector, threshold, minutes)))
            return
        if csv is None or column is None:
            raise WrongUse("Give --csv and --column, or --lines; `tars drift scan --help` shows examples.")
        from governance.drift.detect.column import numbers
        from governance.drift.detect.stream import scanned

        new, per_row = _settings(detector, threshold, minutes)
        with _opened(csv) as file:
            found = scanned(numbers(file, column=column), new=new, per_row=per_row)
        print_json(_answer(found)) if as_json else write("\n".join(_sentences(found)) + "\n")

    run(work)


@app.command("elicit")
def elicit(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The system to ask.")],
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the worker.")] = 600,
    as_json: Annotated[bool, typer.Option("--json", help="The run as JSON instead of text.")] = False,
) -> None:
    """Ask a system everything that is expected of it, and say what it answered. Exit code 0: the run passed; 1: it did not.

    It takes a token that holds `read_record` and `set_drift`. Who validates the system names the run, on its drift page.

    Example:  tars --server https://tars.example --token-file FILE drift elicit clay-consigliere
    """
    from tarsweb.cli.remote import connected

    with connected() as tars:
        job = tars.ended(tars.elicit(system)["id"], seconds=wait)
        if job["state"] != "done":
            print(job["error"] or f"The run has not ended: it is {job['state']}. Job {job['id']}.", file=sys.stderr)
            raise typer.Exit(1)
        found = tars.elicitation(job["result"]["run"])
    print_json(found) if as_json else write("\n".join(_said(found)) + "\n")
    raise typer.Exit(0 if found["is_passed"] else 1)


def _said(found: dict[str, Any]) -> Iterator[str]:
    """A run in lines: how it ended, what differs, what was left out."""
    ended = "passed" if found["is_passed"] else "did not pass"
    scenarios = f"{found['as_expected']} of {found['asked']} scenarios as expected"
    yield f"{found['system']} {ended}: {scenarios}, {found['agreed']} of {found['checks']} checks agree. Run {found['id']}."
    yield from found["why"]
    for check in found["results"]:
        if not check["agrees"]:
            yield f"  {check['title']}: {check['said']}"
    for one in found["left_out_items"]:
        yield f"  Not asked: {one['title']}: {one['why']}"


@contextmanager
def _opened(source: str) -> Iterator[IO[str]]:
    if source == "-":
        with open(sys.stdin.fileno(), encoding="utf-8", newline="", closefd=False) as file:
            yield file
    else:
        with Path(source).open(encoding="utf-8", newline="") as file:
            yield file


def _settings(kind: str, threshold: float | None, minutes: float) -> tuple[Callable[[], Detector], timedelta]:
    from governance.drift.detect.stream import new_detector

    try:
        per_row = timedelta(minutes=minutes)
    except (OverflowError, ValueError):
        per_row = timedelta(0)
    if not timedelta(0) < per_row <= timedelta(days=1):
        raise WrongUse("--minutes-per-row is more than 0 and at most a day's 1440.")
    if threshold is not None and not 0 < threshold < 1e6:
        raise WrongUse("--threshold is more than 0 and less than a million.")
    return (lambda: new_detector(kind, threshold=threshold)), per_row


def _of_line(asked: Any, kind: str, threshold: float | None, minutes: float) -> Found:
    """One stream of `--lines`; its own members win over the command's options."""
    import numpy as np

    from governance.drift.detect.column import number
    from governance.drift.detect.stream import scanned
    from governance.errors import Invalid

    if not isinstance(asked, dict) or not isinstance(asked.get("values"), list):
        raise Invalid("A line holds values, a list of numbers.")
    kind, threshold = asked.get("detector", kind), asked.get("threshold", threshold)
    minutes = asked.get("minutes_per_row", minutes)
    numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (threshold or 1.0, minutes))
    if kind not in list(Kind) or not numeric:
        raise Invalid(f"detector is one of {', '.join(Kind)}; threshold and minutes_per_row are numbers.")
    values = np.array([number(value, row=row) for row, value in enumerate(asked["values"])])
    try:
        new, per_row = _settings(kind, threshold, minutes)
    except WrongUse as wrong:
        raise Invalid(str(wrong)) from wrong
    return scanned([values], new=new, per_row=per_row)


def _answer(found: Found) -> dict[str, Any]:
    return {"alarms": found.alarms, "states": [list(one) for one in found.states], "n": found.n}


def _sentences(found: Found) -> list[str]:
    alarms = [f"Row {row:,}: it changed." for row in found.alarms]
    states = [f"Row {row:,}: {state}." for row, state in found.states]
    return [f"{found.n:,} rows, {len(alarms):,} {'alarm' if len(alarms) == 1 else 'alarms'}.", *alarms, *states]
