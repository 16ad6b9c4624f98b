"""`tars ledger verify --receipt`: what a receipt's file establishes by itself, and what it does not. Imports no Django."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import typer

from routing.executions.proof import Finding, judged
from routing.executions.receipt import WHOSE
from tarsweb.cli.database import fail

OTHER_KEY = "It is signed by another key than the one you named."
NOTHING = "Established: nothing. One fault anywhere leaves nothing shown about the rest; ask TARS for the receipt anew."


def judge(file: Path, *, key: str | None, as_json: bool) -> NoReturn:
    """Print what the file establishes and exit: 0 when it is genuine, 1 when not, 2 when it cannot be read."""
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError):
        fail(f"{file} cannot be read as JSON. Give the file of one receipt.")
    finding = judged(document)
    signer = str(finding.statement.get("signer", ""))
    faults = (*finding.faults, *([OTHER_KEY] if key is not None and key != signer else []))
    unknown = tuple(one for one in finding.does_not if key is None or faults or one != WHOSE)
    establishes = () if faults else finding.establishes
    if as_json:
        found = {**asdict(finding), "faults": faults, "establishes": establishes, "does_not": unknown}
        typer.echo(json.dumps({"is_genuine": not faults, **found}))
    else:
        typer.echo("\n".join(_lines(finding, signer, faults, establishes, unknown, is_named=key is not None)))
    raise typer.Exit(1 if faults else 0)


def _lines(
    finding: Finding,
    signer: str,
    faults: tuple[str, ...],
    establishes: tuple[str, ...],
    unknown: tuple[str, ...],
    *,
    is_named: bool,
) -> list[str]:
    lines = [f"Not genuine: {fault}" for fault in faults]
    if faults:
        lines += [NOTHING]
    else:
        said = finding.statement
        head = "Genuine" if is_named else "Unchanged since it was signed"
        lines = [f"{head}: execution {said['execution_id']} of {said['system']['name'] or 'nobody'}, {said['status']}"]
        lines += [f"Signer: {signer}"]
        if finding.ledger_sequence is not None:
            lines += [f"Root: {finding.root}, in ledger entry {finding.ledger_sequence}"]
    lines += ["Established:", *(f"  {one}" for one in establishes)] if establishes else []
    return [*lines, "Not established:", *(f"  {one}" for one in unknown)]
