"""Commands that talk to a TARS over its API: `tars --server URL --token-file F systems`, `system`, `propose`, `amendments` …

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tarsweb.client import Tars

Number = Annotated[str, typer.Argument(metavar="AMD-n", help="The amendment's short id.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many rows.")]
Evidence = Annotated[
    list[str] | None, typer.Option("--evidence", metavar="KEY=VALUE", help="One item of evidence; repeat it.")
]


class _Chosen:
    """What the options before the command said."""

    server: str = ""
    token_file: str = ""


def register(app: typer.Typer) -> None:
    """Add the options `--server` and `--token-file`, and the commands that use them."""
    app.callback()(options)
    app.command("whoami")(whoami)
    app.command("inbox")(inbox)
    app.command("notices")(notices)
    app.command("systems")(systems)
    app.command("amendments")(amendments)
    app.command("amendment")(amendment)
    app.command("withdraw")(withdraw)
    app.command("rollback")(rollback)
    app.command("system")(get)
    app.command("propose")(update)


def options(
    server: Annotated[str, typer.Option(envvar="TARS_SERVER", help="The TARS to talk to: https://tars.example")] = "",
    token_file: Annotated[
        str, typer.Option(envvar="TARS_TOKEN_FILE", help="A file that holds a token and nothing else.")
    ] = "",
) -> None:
    """The control plane in which AI agents are governed."""
    _Chosen.server, _Chosen.token_file = server, token_file


def whoami(as_json: Json = False) -> None:
    """Say who the token speaks for, in which tenant, and what it may do there."""
    with connected() as tars:
        found = tars.me()
    if as_json:
        print_json(found)
        return
    print(f"{found['actor']} in {found['tenant']['name']}")
    print(f"May: {', '.join(found['may']) or 'nothing'}")


def inbox(
    tab: Annotated[str, typer.Option(help="me, snoozed, team, mine or decided.")] = "me",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the questions that wait for you, most pressing first. They are answered on their pages.

    It takes a token that holds `decide`: without it nothing waits for you.
    """
    with connected() as tars:
        rows = list(islice(tars.inbox(tab=tab), limit))
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "risk": row["risk"]["level"], "due_at": row["due_at"] or "no deadline"} for row in rows]
    print_rows(shown, ("subject", "risk", "due_at", "system", "sentence"), as_json=False)


def notices(
    is_all: Annotated[bool, typer.Option("--all", help="Also those that were read.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List your unread notices, newest first. Reading them here marks nothing."""
    with connected() as tars:
        rows = list(islice(tars.notices(is_unread=not is_all), limit))
    print_rows(rows, ("at", "subject", "sentence"), as_json=as_json)


def systems(limit: Limit = 200, as_json: Json = False) -> None:
    """List the server's systems with the version of their constitution."""
    with connected() as tars:
        rows = list(islice(tars.systems(), limit))
    print_rows(rows, ("name", "type", "status", "constitution_version", "updated_at"), as_json=as_json)


def amendments(
    state: Annotated[str, typer.Option(help="A state, `open` or `closed`.")] = "",
    system: Annotated[str, typer.Option(help="Of one system.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List amendments, newest first.

    Example:  tars --server https://tars.example --token-file token amendments --state open
    """
    filters = {name: value for name, value in (("state", state), ("system", system)) if value}
    with connected() as tars:
        rows = list(islice(tars.amendments(**filters), limit))
    print_rows(rows, ("id", "state", "system", "effect", "sentence"), as_json=as_json)


def amendment(number: Number, as_json: Json = False) -> None:
    """Show one amendment: its sentence, its changes and where it stands."""
    with connected() as tars:
        found = tars.amendment(_number(number))
    if as_json:
        print_json(found)
        return
    print(f"{found['id']}  {found['state'].replace('_', ' ')}  {found['system']}")
    print(found["sentence"])
    for change in found["changes"]:
        print(f"  {change.get('pointer', '')}  {change.get('sentence', '')}".rstrip())


def get(name: Annotated[str, typer.Argument(help="The system's name.")]) -> None:
    """Print a system's constitution as JSON; its version goes to standard error."""
    with connected() as tars:
        found = tars.system(name)
    print(f"version {found['constitution_version']}, {found['constitution_digest']}", file=sys.stderr)
    print_json(found["constitution"])


def update(
    name: Annotated[str, typer.Argument(help="The system's name.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The new constitution; - is standard input.")],
    kind: Annotated[str, typer.Option("--type", help="The amendment's type.")] = "manual_update",
    basis: Annotated[str, typer.Option(help="The amendment's basis.")] = "ordinary",
    base_version: Annotated[int, typer.Option(help="The version it was made from; today's if left out.")] = 0,
    evidence: Evidence = None,
    is_draft: Annotated[bool, typer.Option("--draft", help="Keep it without asking anybody.")] = False,
    as_json: Json = False,
) -> None:
    """Propose that a system's constitution become what FILE holds. It changes when people have approved it.

    Example:  tars propose clay-consigliere new.json --evidence reason="Fewer timeouts" --evidence jira_ticket=OMS-1
    """
    wanted = _document(file)
    with connected() as tars:
        base = base_version or tars.system(name)["constitution_version"]
        made = tars.propose(
            system=name,
            amendment_type=kind,
            basis=basis,
            evidence=dict(_pair(text) for text in evidence or ()),
            base_version=base,
            constitution=wanted,
            is_draft=is_draft,
        )
    if as_json:
        print_json(made)
    else:
        print(f"{made['id']} is {made['state'].replace('_', ' ')}: {made['sentence']}")


def withdraw(number: Number, reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Take back one's own proposal."""
    with connected() as tars:
        found = tars.act(_number(number), "withdraw", reason=reason)
    print(f"{found['id']} is {found['state'].replace('_', ' ')}.")


def rollback(number: Number, as_json: Json = False) -> None:
    """Show what rolling an amendment back would do now. Doing it takes a person: the address to go to is printed.

    A token proves no presence, so no program rolls anything back alone.
    """
    wanted = _number(number)
    with connected() as tars:
        preview = tars.roll_back_preview(wanted)
    if as_json:
        print_json(preview)
    else:
        print(preview["refused_because"] or preview["sentence"])
    if not preview["refused_because"]:
        print(f"Do it here: {_Chosen.server.rstrip('/')}/amendments/AMD-{wanted}/roll-back/", file=sys.stderr)


def is_remote() -> bool:
    """Whether a server was named."""
    return bool(_Chosen.server)


def connected(*, server: str = "") -> Tars:
    """The client for what `--server` and `--token-file` said, or for another server."""
    import stamina

    from tarsweb.client import Tars

    stamina.instrumentation.set_on_retry_hooks([])
    if not (address := server or _Chosen.server):
        raise typer.BadParameter("Say which TARS: tars --server https://tars.example --token-file FILE …")
    return Tars(address, token=_token())


def here_or_named() -> str:
    """The server that was named, else the one that runs on this data folder. Raises `BadParameter` when there is neither."""
    if _Chosen.server:
        return _Chosen.server
    from tarsweb.home import Home
    from tarsweb.supervisor.remote import running_address

    address = running_address(Home())
    if not address:
        raise typer.BadParameter(
            "TARS does not run on this data folder. Start it, or say which: tars --server https://tars.example …"
        )
    return address


def token_or(secret: str) -> str:
    """The token of `--token-file`; without one `secret`, which came from the environment."""
    return _token() if _Chosen.token_file or not secret else secret.strip()


def _token() -> str:
    """The token from its file; a secret is never an argument, where every process could read it."""
    if not _Chosen.token_file:
        raise typer.BadParameter("Name the file that holds your token: --token-file FILE. The page Tokens issues one.")
    try:
        text = Path(_Chosen.token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{_Chosen.token_file} cannot be read ({error}).") from None
    if not text or len(text.split()) != 1:
        raise typer.BadParameter(f"{_Chosen.token_file} should hold one token and nothing else.")
    return text


def _number(text: str) -> int:
    digits = text.upper().removeprefix("AMD-")
    if not (digits.isascii() and digits.isdigit()):
        raise typer.BadParameter(f"{text} is no amendment's id; they look like AMD-42.")
    return int(digits)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (equals and key):
        raise typer.BadParameter(f"{text} is not KEY=VALUE.")
    return key, value


def _document(file: str) -> dict[str, Any]:
    from governance import canonical

    try:
        found = canonical.loads(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read ({error}).") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} holds no JSON object, which a constitution is.")
    return found


def print_rows(rows: Iterable[Any], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Rows as aligned columns, or as JSON."""
    rows = list(rows)
    if as_json:
        print_json(rows)
        return
    cells = [[str(row.get(column) if row.get(column) is not None else "") for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if not cells:
        print("Nothing fits.", file=sys.stderr)


def print_json(value: Any) -> None:
    """JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
