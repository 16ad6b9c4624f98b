"""`tars dream list` and `tars dream report`: what TARS dreamed, from a server.

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong use.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import typer

from tarsweb.cli.documents import print_json, write


def add(group: typer.Typer) -> None:
    """Add both commands to the group `dream`."""
    group.command("list")(nights)
    group.command("report")(report)


def nights(
    system: Annotated[str, typer.Option("--system", help="Nights of this system only.")] = "",
    state: Annotated[
        str, typer.Option("--state", help="planned, running, judged, stopped, or won: it found something.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many nights.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Nights, the last planned first.

    Example:  tars --server https://tars.example --token-file FILE dream list --state won
    """
    from tarsweb.cli.remote import connected

    asked = {name: value for name, value in (("system", system), ("state", state)) if value}
    with connected() as tars:
        found = list(islice(tars.nights(**asked), limit))
    print_json(found) if as_json else write("".join(f"{_night(one)}\n" for one in found))


def report(
    cycle: Annotated[
        str,
        typer.Argument(metavar="[CYCLE]", help="The night, such as dream-2026-01-28-03:00; the newest that is over."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON instead of text.")] = False,
) -> None:
    """The morning report of a night: its plan's digest, and the verdict on each dream with the rule that decided.

    Exit code 1 where there is no such night, or where its stored plan has another digest than was recorded.

    Example:  tars --server https://tars.example --token-file FILE dream report
    """
    from tarsweb.cli.remote import connected

    with connected() as tars:
        name = cycle or _newest(tars.nights())
        if not name:
            print("No night is over yet. `tars dream list` shows what is planned.", file=sys.stderr)
            raise typer.Exit(1)
        found = tars.night(name)
    print_json(found) if as_json else write("".join(f"{line}\n" for line in _said(found)))
    raise typer.Exit(0 if found["plan"] and found["plan"]["is_whole"] else 1)


def _newest(nights: Iterator[dict[str, Any]]) -> str:
    return next((one["night"] for one in nights if one["ended_at"]), "")


def _night(one: dict[str, Any]) -> str:
    found = f"{one['won']} of {one['tried']} did better, {one['spent_usd']} USD"
    return f"{one['night']}  {one['system']}  {one['state']}  {found}"


def _said(one: dict[str, Any]) -> Iterator[str]:
    """A report in lines."""
    yield _night(one)
    if one["stopped_because"]:
        yield one["stopped_because"]
    whole = bool(one["plan"]) and one["plan"]["is_whole"]
    yield f"Plan {one['plan_digest']}: its stored bytes {'have' if whole else 'DO NOT have'} this digest."
    for dream in one["dreams"]:
        yield from _dream(dream)


def _dream(one: dict[str, Any]) -> Iterator[str]:
    name = "dummy" if one["is_dummy"] else str(one["number"])
    yield f"  {name}  {one['verdict'] or 'not judged'}  {one['sentence']}"
    if one["because"]:
        yield f"     {one['rule']}: {one['because']}"
    if one["gain"] is not None and one["gain_low"] is not None and one["gain_high"] is not None:
        pairs = one["pairs_seen"] + one["pairs_held_out"]
        yield f"     gain {one['gain']:+.1%} ({one['gain_low']:+.1%} to {one['gain_high']:+.1%}), {pairs} pairs"
    if one["amendment"]:
        yield f"     {one['amendment']}"
    elif one["not_proposed_because"]:
        yield f"     {one['not_proposed_because']}"
