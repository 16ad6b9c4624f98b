"""`tars ledger`: verify and export the record.

`verify FILE` needs no database and imports no Django. Exit codes: 0 verified or written, 1 something was found, 2 wrong
use or nothing to read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tarsweb.cli.database import database, fail, say

if TYPE_CHECKING:
    from governance.audit.report import Report
    from governance.scope import Scope

SHOWN = 50
"""Findings printed without --json; the rest is counted."""

Tenants = Annotated[
    list[str] | None, typer.Option("--tenant", help="A tenant by name or id; may be given more than once.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def register(app: typer.Typer) -> None:
    """Add the group `ledger` to an application."""
    group = typer.Typer(
        name="ledger",
        help="Verify and export the audit trail.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.command("verify")(verify)
    group.command("export")(export)
    app.add_typer(group)


def verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="An export; without it, the database.")] = None,
    tenant: Tenants = None,
    key: Annotated[
        str | None, typer.Option("--key", help="TARS's did:key in this tenant, as you know it from elsewhere.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", help="A receipt's file, judged by itself, without a database.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Re-derive a whole history and name everything that does not follow from it.

    Examples:  tars ledger verify acme.jsonl  ·  tars ledger verify --tenant "OMS Consulting"
    """
    if receipt is not None:
        from tarsweb.cli.receipts import judge

        judge(receipt, key=key, as_json=as_json)
    if file is not None and tenant:
        fail("An export holds one tenant: give either a file or --tenant.")
    if file is not None:
        _answer([_verified_file(file, root=key)], as_json=as_json)
    with database():
        from governance.audit.queries import verified

        chosen = scopes(tenant)
        if key is not None and len(chosen) != 1:
            fail("--key belongs to one tenant: name it with --tenant.")
        _answer([verified(scope, root=key) for scope in chosen], as_json=as_json)


def export(
    tenant: Annotated[str | None, typer.Option("--tenant", help="A tenant by name or id.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; - or nothing is standard output.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what was written as one JSON object (needs -o).")
    ] = False,
) -> None:
    """Write a tenant's whole record as a file that `tars ledger verify FILE` checks on any machine.

    Examples:  tars ledger export --tenant "OMS Consulting" -o oms.jsonl  ·  tars ledger export > all.jsonl
    """
    is_stdout = output is None or str(output) == "-"
    if as_json and is_stdout:
        fail("With --json the export itself needs a file: add -o FILE.")
    with database():
        chosen = scopes([tenant] if tenant else None)
        if len(chosen) != 1:
            fail("There are several tenants; name one with --tenant.")
        if is_stdout:
            sys.stdout.buffer.writelines(_lines(chosen[0]))
            sys.stdout.buffer.flush()
        else:
            assert output is not None
            _write(chosen[0], output, as_json=as_json)


def _verified_file(path: Path, *, root: str | None) -> Report:
    from governance.audit.export import read
    from governance.audit.verify import verify as check

    try:
        report = check(read(path), root=root)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror or error}.")
    if not report.counts.get("chain") and not report.counts.get("entry"):
        fail(f"{path} is not an export of a TARS ledger: it holds no manifest and no entry.")
    return report


def _answer(reports: list[Report], *, as_json: bool) -> NoReturn:
    is_verified = all(report.is_verified for report in reports)
    if as_json:
        answer: Any = {"verified": is_verified, "tenants": [report.as_json() for report in reports]}
        say(json.dumps(answer, ensure_ascii=False))
    else:
        for report in reports:
            _tell(report)
    raise typer.Exit(0 if is_verified else 1)


def _tell(report: Report) -> None:
    say(report.headline)
    for finding in report.findings[:SHOWN]:
        say(f"  ✗ {finding}")
    if report.finding_count > SHOWN:
        say(f"  … and {report.finding_count - SHOWN:,} more; --json lists up to 1,000.")
    if report.established:
        say("Established:")
    for sentence in report.established:
        say(f"  ✓ {sentence}")
    say("Not established by this record alone:")
    for sentence in report.not_established:
        say(f"  – {sentence}")


def _lines(scope: Scope) -> Iterator[bytes]:
    """The record's lines, entered on the ledger before and after; a ledger that cannot be written is said, not hidden."""
    import getpass

    from django.db import DatabaseError
    from django.utils import timezone

    from governance.audit.export import write
    from governance.audit.queries import records
    from governance.errors import DomainError
    from governance.exports.actions import begin_record, record_lines

    at = timezone.now()
    try:
        begin_record(scope=scope, to=f"the command line, as {getpass.getuser()}", at=at)
    except (DomainError, DatabaseError) as error:
        typer.echo(f"The ledger cannot be written, so this export is not on it: {error}", err=True)
        return write(records(scope, packed_only=True), exported_at=at.isoformat())
    return record_lines(scope=scope, exported_at=at.isoformat(), clock=timezone.now)


def _write(scope: Scope, path: Path, *, as_json: bool) -> None:
    """Write beside the file and rename: a half-written export never stands under its name."""
    draft = path.with_name(f".{path.name}.part")
    size = 0
    try:
        with draft.open("wb") as file:
            for line in _lines(scope):
                size += file.write(line)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        fail(f"{path} cannot be written: {error.strerror or error}.")
    if as_json:
        say(json.dumps({"file": str(path), "bytes": size, "tenant_id": str(scope.tenant_id)}))
    else:
        typer.echo(f"{path}: {size:,} bytes. Verify it on any machine: tars ledger verify {path}", err=True)


def scopes(wanted: list[str] | None) -> list[Scope]:
    """TARS's own scope in each tenant asked for; every active one by default."""
    from uuid import UUID

    from governance.audit.queries import tenant_name
    from governance.scope import tars_scope
    from governance.tenancy import active_tenant_ids, in_tenant

    names: dict[UUID, str] = {}
    for tenant_id in active_tenant_ids():
        with in_tenant(tenant_id):
            names[tenant_id] = tenant_name(tenant_id) or ""
    if not names:
        fail("There is no tenant in this database yet.")
    chosen: list[UUID] = []
    for text in wanted or []:
        found = [tenant_id for tenant_id, name in names.items() if text in (name, str(tenant_id))]
        if len(found) != 1:
            fail(f"{'Several tenants are' if found else 'No active tenant is'} called {text}; name it by its id.")
        chosen += found
    return [tars_scope(tenant_id) for tenant_id in (chosen or names)]
