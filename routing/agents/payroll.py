"""The payroll agent: checks payroll entries and keeps those that pass. `python -m routing.agents.payroll [--http PORT]`

`TARS_PAYROLL_DIR` names the folder for uploads; without it nothing can be uploaded and only given entries can be audited.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from routing.agents.calls import is_dream, number
from routing.agents.payroll_checks import audited
from routing.agents.payroll_names import SETTING, USUAL, Match, resolved
from routing.agents.payroll_store import KeyTaken, Uploads
from routing.agents.serving import Failed, Work, serve

FOLDER: Final = "TARS_PAYROLL_DIR"
MOST_ENTRIES: Final = 10_000
_UPLOADS = ("upload", "import", "store", "save")
_AUDITS = ("audit", "check", "compliance", "verify", "review", "validate", "total", "payroll")

server = MCPServer(
    "domicile-governance",
    instructions="Audits payroll entries and keeps the ones that are uploaded. It moves no money and reads no PDF.",
    log_level="WARNING",
)

Entries = Annotated[
    list[dict[str, Any]],
    Field(
        max_length=MOST_ENTRIES,
        description="Payroll entries: employee_id, date (2026-01-27), amount (decimal text), source_file; and where known "
        "employee_name, reference, state.",
    ),
]
Total = Annotated[str | None, Field(description="What the amounts must sum to, as decimal text.")]


@server.tool(annotations=ToolAnnotations(title="Audit payroll entries", read_only_hint=True, idempotent_hint=True))
async def audit(ctx: Context, entries: Entries | None = None, expected_total: Total = None) -> CallToolResult:
    """Check payroll entries for missing fields, bad or negative amounts, bad dates, duplicates, unknown states and a wrong
    total, with totals by state. Without entries it audits everything that was uploaded so far. Changes nothing."""
    work = Work()
    try:
        await ctx.report_progress(0, 2, "Reading the entries")
        found = _uploads().entries() if entries is None else entries
        await ctx.report_progress(1, 2, f"Checking {len(found)} entries")
        found, matches = _named(ctx, found)
        result = audited(found, expected_total=expected_total)
        await ctx.report_progress(2, 2, "Checked")
    except Failed as error:
        return work.failed(error)
    return work.done({**result.as_json(), **_said(matches)}, result.sentence)


@server.tool(annotations=ToolAnnotations(title="Upload payroll entries", destructive_hint=False, idempotent_hint=True))
async def upload_payroll_entries(
    ctx: Context,
    entries: Entries,
    key: Annotated[
        str, Field(min_length=1, max_length=200, description="Names this upload; the same key is kept once.")
    ],
    expected_total: Total = None,
) -> CallToolResult:
    """Keep payroll entries under a key. They are checked first, and kept only when the audit finds nothing. The same key
    with the same entries changes nothing; with other entries it is refused."""
    work = Work()
    try:
        return await _upload(ctx, work, entries, key, expected_total)
    except Failed as error:
        return work.failed(error)


@server.tool(annotations=ToolAnnotations(title="Handle a request in words", idempotent_hint=True))
async def handle_request(
    ctx: Context,
    request: Annotated[str, Field(max_length=100_000, description="What is wanted, in words.")],
    input: Annotated[
        dict[str, Any] | None, Field(description="entries, expected_total and key, as the work needs.")
    ] = None,
    action: Annotated[str, Field(description="audit or upload_payroll_entries, when it is known.")] = "",
    tars: Annotated[dict[str, Any] | None, Field(description="The context that TARS sends.")] = None,
) -> CallToolResult:
    """Audit or upload payroll, as the action or the words of the request ask for."""
    work, given = Work(), input or {}
    try:
        if _wanted(action, request) == "audit":
            return await audit(ctx, entries=_entries(given), expected_total=given.get("expected_total"))
        entries = _entries(given)
        if entries is None:
            raise Failed("An upload needs entries in its input.")
        key = str(given.get("key") or (tars or {}).get("idempotency_key") or "")
        if not key:
            raise Failed("An upload needs a key in its input.")
        return await _upload(ctx, work, entries, key, given.get("expected_total"))
    except Failed as error:
        return work.failed(error)


async def _upload(
    ctx: Context, work: Work, entries: Sequence[dict[str, Any]], key: str, expected_total: str | None
) -> CallToolResult:
    if not entries:
        raise Failed("There is nothing to upload: give at least one entry.")
    uploads = _uploads()
    await ctx.report_progress(0, 2, f"Checking {len(entries)} entries")
    given, (entries, matches) = entries, _named(ctx, entries)
    result = audited(entries, expected_total=expected_total)
    if result.findings:
        first = " ".join(finding.sentence for finding in result.findings[:5])
        raise Failed(f"Nothing was uploaded: {result.sentence} {first}")
    await ctx.report_progress(1, 2, "Writing them down")
    simulates = is_dream(ctx)
    try:
        keep = uploads.would_add if simulates else uploads.add
        stored = keep(key=key, entries=entries, given=given)
    except KeyTaken:
        raise Failed("Nothing was uploaded: this key was used for other entries. Take another key.") from None
    await ctx.report_progress(2, 2, "Simulated" if simulates else "Uploaded")
    output = {"uploaded": len(entries) if stored else 0, "was_there": not stored, **result.as_json(), **_said(matches)}
    said = f"Uploaded: {result.sentence}" if stored else f"These entries were uploaded before: {result.sentence}"
    return work.done(output, said, stored=stored, is_simulated=simulates)


def _named(ctx: Context, entries: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], tuple[Match, ...]]:
    """The entries with the numbers that were found by their names, as near as the constitution says; known are those that were
    uploaded."""
    if all(entry.get("employee_id") for entry in entries):
        return list(entries), ()
    known = _uploads().entries() if os.environ.get(FOLDER) else []
    threshold = number(ctx, SETTING, least=0, most=1, usual=USUAL)
    return resolved(entries, known=known, threshold=threshold)


def _said(matches: Sequence[Match]) -> dict[str, Any]:
    return {"matched": [asdict(one) for one in matches]} if matches else {}


def _wanted(action: str, request: str) -> str:
    if action in {"audit", "upload_payroll_entries"}:
        return action
    words = request.lower()
    if any(word in words for word in _UPLOADS):
        return "upload_payroll_entries"
    if any(word in words for word in _AUDITS):
        return "audit"
    raise Failed("This agent audits payroll entries and uploads them. Ask for one of the two.")


def _entries(given: dict[str, Any]) -> list[dict[str, Any]] | None:
    entries = given.get("entries")
    if entries is None:
        return None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Failed("The entries are a list of objects.")
    if len(entries) > MOST_ENTRIES:
        raise Failed(f"At most {MOST_ENTRIES:,} entries are taken at once.")
    return entries


def _uploads() -> Uploads:
    folder = os.environ.get(FOLDER, "")
    if not folder:
        raise Failed(f"This agent has no folder: set {FOLDER}, or give the entries.")
    return Uploads(Path(folder))


if __name__ == "__main__":
    serve(server)
