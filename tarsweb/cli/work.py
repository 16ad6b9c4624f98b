"""`tars run`, `tars follow`, `tars receipt`: hand work in from a shell, see every step, take the receipt away.

Exit codes of `run` and `follow`: 0 it succeeded, 1 it failed, is not whole, ran out of time or was refused, 2 wrong use,
3 it was blocked by a rule or a person, 4 it waits for approval, 5 it is still under way.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from tarsweb.cli.remote import Json, connected, here_or_named, print_json

if TYPE_CHECKING:
    from tarsweb.client import Tars

SUCCESS, FAILED, BLOCKED, WAITS, UNDER_WAY = 0, 1, 3, 4, 5
_CODES: Final = {"success": SUCCESS, "governance_blocked": BLOCKED}
Id = Annotated[str, typer.Argument(metavar="ID", help="The execution's id.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Follow it for so many seconds at most.")]


def register(app: typer.Typer) -> None:
    """Add the commands `run`, `follow` and `receipt` to an application."""
    app.command("run")(run)
    app.command("follow")(follow)
    app.command("receipt")(receipt)


def run(
    text: Annotated[str, typer.Argument(help="What is to be done, in a sentence.")],
    session: Annotated[str, typer.Option(help="The session whose rules hold too.")] = "",
    system: Annotated[str, typer.Option(help="The one that must do it; found by the words if left out.")] = "",
    action: Annotated[str, typer.Option(help="What it is; by the words if left out.")] = "",
    input: Annotated[str, typer.Option("--input", metavar="JSON", help="What goes with it; @FILE reads a file.")] = "",
    key: Annotated[str, typer.Option(help="Names the request: the same again is handed in once.")] = "",
    wait: Wait = 600,
    as_json: Json = False,
) -> None:
    """Hand in a request and follow it: steps go to standard error, the answer to standard output.

    Exit codes: 0 success, 1 failed or refused, 2 wrong use, 3 blocked, 4 waits for approval, 5 still under way.

    Example:  tars --server https://tars.example --token-file FILE run --session ID "Audit payroll compliance"
    """
    given = _json(input)
    with connected(server=here_or_named()) as tars:
        made = tars.hand_in(text, input=given, system=system, action=action, session=session, idempotency_key=key)
        print(f"{made['id']} is taken on.", file=sys.stderr)
        _follow(tars, made["id"], wait=wait, as_json=as_json)


def follow(id: Id, wait: Wait = 600, as_json: Json = False) -> None:
    """Follow a request that was handed in, as `run` does, with the same exit codes."""
    with connected(server=here_or_named()) as tars:
        _follow(tars, id, wait=wait, as_json=as_json)


def receipt(
    id: Id,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")] = None,
) -> None:
    """Take away the signed receipt of an execution. `tars ledger verify --receipt FILE` judges it on any machine.

    Example:  tars receipt 0197… --out receipt.json
    """
    with connected(server=here_or_named()) as tars:
        found = tars.receipt(id)
    if out is None:
        print_json(found)
    else:
        _write(out, json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        print(f"{out} is written. Judge it on any machine: tars ledger verify --receipt {out}", file=sys.stderr)
    if found["anchor"] is None:
        print(
            "It is signed, and in the ledger within a minute: taken again then, it shows its place there.",
            file=sys.stderr,
        )


def _follow(tars: Tars, id: str, *, wait: float, as_json: bool) -> NoReturn:
    note = ""
    for news in tars.follow(id, seconds=wait):
        for step in news["steps"]:
            print(f"  {step['step']:<9} {step['sentence']}", file=sys.stderr, flush=True)
        said = f"{news['progress']} % {news['progress_note']}".strip() if news["progress"] else news["progress_note"]
        if said and said != note and news["stage"] == "calling":
            print(f"            {said}", file=sys.stderr, flush=True)
            note = said
    found = tars.execution(id)
    if as_json:
        print_json(found)
    else:
        _tell(found)
    raise typer.Exit(_code(found))


def _tell(found: Any) -> None:
    if found["answer"] is not None:
        answer = found["answer"]
        print(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2))
    lines = [found["sentence"]]
    if found["receipt"]:
        lines.append(
            f"Receipt {found['id']} ({found['receipt']['digest']}): tars receipt {found['id']} --out receipt.json"
        )
    elif found["stage"] == "awaiting_approval":
        lines.append(f"A person answers at {here_or_named().rstrip('/')}{found['url']} Then: tars follow {found['id']}")
    else:
        lines.append(f"It is still under way: tars follow {found['id']}")
    print("\n".join(lines), file=sys.stderr)


def _code(found: Any) -> int:
    if found["stage"] == "awaiting_approval":
        return WAITS
    return _CODES.get(found["status"], FAILED) if found["status"] else UNDER_WAY


def _json(text: str) -> Any:
    from governance import canonical
    from governance.errors import DomainError

    if not text:
        return None
    try:
        return canonical.loads(Path(text[1:]).read_bytes() if text.startswith("@") else text.encode())
    except (OSError, ValueError, DomainError) as error:
        raise typer.BadParameter(f"it is no JSON ({error}).", param_hint="--input") from None


def _write(path: Path, text: str) -> None:
    """Beside the file, then renamed: half a receipt never stands under its name."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise typer.BadParameter(f"{path} cannot be written ({error.strerror}).", param_hint="--out") from None
