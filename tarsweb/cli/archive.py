"""`tars archive list | restore | verify | copy`: what was put away, bringing one thing back, and whether every file is whole.

`list` and `restore` talk to a server; `verify` reads this machine's database and store, or one file alone without either;
`copy` brings the files of a folder into the store.
Exit codes: 0 done and whole, 1 refused or a fault, 2 wrong use.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tarsweb.cli.database import database, fail, say
from tarsweb.cli.remote import Json, Limit, connected, here_or_named, print_json, print_rows


def register(app: typer.Typer) -> None:
    """Add the group `archive` to an application."""
    settings: dict[str, Any] = {"no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}
    group = typer.Typer(name="archive", help="What nobody opened for a year, and bringing it back.", **settings)
    group.command("list")(list_)
    group.command("restore")(restore)
    group.command("verify")(verify)
    group.command("copy")(copy)
    app.add_typer(group)


def list_(limit: Limit = 50, as_json: Json = False) -> None:
    """List archive files, newest first."""
    with connected(server=here_or_named()) as tars:
        rows = list(islice(tars.archives(), limit))
    print_rows(rows, ("id", "at", "rows", "away", "bytes", "digest", "destroyed_at"), as_json=as_json)


def restore(
    id: Annotated[str, typer.Argument(metavar="ID", help="The archived execution's id.")], as_json: Json = False
) -> None:
    """Bring an archived execution back, byte for byte. It takes a token that holds `restore`.

    Example:  tars archive restore 0197…
    """
    with connected(server=here_or_named()) as tars:
        made = tars.restore(id)
    if as_json:
        print_json(made)
    else:
        print(f"{made['id']} is back, as it was.")


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="One archive file, judged without a database.")
    ] = None,
    digest: Annotated[
        str, typer.Option("--digest", metavar="sha256:…", help="What the ledger says of that file.")
    ] = "",
    tenant: Annotated[
        list[str] | None, typer.Option("--tenant", help="A tenant by name or id; may be given more than once.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every archive file back: its digest against the ledger, each line against its row.

    Examples:  tars archive verify --tenant "OMS Consulting"  ·  tars archive verify 0197….jsonl.gz --digest sha256:…
    """
    if file is not None and tenant:
        fail("A file holds one tenant: give either a file or --tenant.")
    if file is not None:
        _judge(file, digest, as_json=as_json)
    if digest:
        fail("--digest belongs to a file: name it.")
    with database():
        from django.utils import timezone

        from routing.lifecycle.checking import check
        from tarsweb.cli.ledger import scopes

        found = {str(scope.tenant_id): check(scope=scope, at=timezone.now()) for scope in scopes(tenant)}
    is_whole = all(one.is_whole for one in found.values())
    if as_json:
        told = [
            {"tenant_id": id, "files": one.files, "rows": one.rows, "faults": one.faults, "strays": one.strays}
            for id, one in found.items()
        ]
        say(json.dumps({"is_whole": is_whole, "tenants": told}, ensure_ascii=False))
    else:
        for id, one in found.items():
            say(f"{id}: {one.files:,} files, {one.rows:,} executions away, {'whole' if one.is_whole else 'NOT whole'}.")
            for fault in one.faults:
                say(f"  ✗ {fault}")
            for stray in one.strays:
                say(f"  · {stray} is in the store and no archive names it; it harms nothing, and a night drops it.")
    raise typer.Exit(0 if is_whole else 1)


def copy(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the files lay before: its folders are tenants.")
    ],
    tenant: Annotated[
        list[str] | None, typer.Option("--tenant", help="A tenant by name or id; may be given more than once.")
    ] = None,
) -> None:
    """Copy archive files from a folder into the store of the settings, judged by their digests; what is there is left.

    Example:  tars archive copy ~/.local/share/tars/archives
    """
    if not folder.is_dir():
        fail(f"There is no folder {folder}.")
    is_whole = True
    with database():
        from governance.errors import DomainError
        from routing.lifecycle import copying
        from tarsweb.cli.ledger import scopes

        for scope in scopes(tenant):
            try:
                found = copying.copy(scope=scope, folder=folder)
            except DomainError as error:
                say(f"{scope.tenant_id}: {error.sentence}")
                raise typer.Exit(1) from None
            say(f"{scope.tenant_id}: {found.files:,} files copied, {found.there:,} were there.")
            for fault in found.faults:
                is_whole = False
                say(f"  ✗ {fault}")
    raise typer.Exit(0 if is_whole else 1)


def _judge(file: Path, digest: str, *, as_json: bool) -> NoReturn:
    from governance.errors import DomainError
    from routing.lifecycle import pack

    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror or error}.")
    fault = ""
    try:
        content = pack.opened(data, digest=digest)
    except DomainError as error:
        fault, content = error.sentence, None
    if as_json:
        rows = len(content.lines) if content else 0
        say(json.dumps({"is_whole": not fault, "digest": pack.digest_of(data), "rows": rows, "fault": fault}))
    elif content is None:
        say(f"Not whole: {fault}")
    else:
        named = "the one that you named" if digest else "compare it with the ledger's entry lifecycle.archive"
        say(f"Whole: {len(content.lines):,} executions of tenant {content.header['tenant_id']}.")
        say(f"Digest: {pack.digest_of(data)} ({named})")
    raise typer.Exit(1 if fault else 0)
