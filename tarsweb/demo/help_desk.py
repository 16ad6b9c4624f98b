"""The demo's help desk: a small agent that is a function of TARS's process. It keeps tickets and decides small refunds."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from routing.connectors import callable_agent
from routing.connectors.contract import Call, OnProgress, Reply, Usage

NAME: Final = "help-desk"
FILE: Final = "tickets.jsonl"
SOURCES: Final[tuple[Mapping[str, str], ...]] = (
    {
        "vacation": "Your balance stands in BambooHR, on the first page.",
        "travel": "Trains and flights are booked with Tess.",
    },
    {"badge": "The front desk makes a new badge while you wait."},
    {"laptop": "Restart it once; if that does not help, a colleague comes."},
)
"""Where it looks before somebody is troubled: the handbook, former tickets, the technicians' notes. Each look is a call."""
REPLY: Final = "A colleague answers within one working day."


def register() -> None:
    """Offer it to connectors; called from `AppConfig.ready`, again without harm."""
    callable_agent.register(NAME, answer)


def answer(call: Call, on_progress: OnProgress) -> Reply:
    """A refund within the constitution's limit is granted; whatever else is asked becomes a ticket, once for each request, with
    what its sources say of it. `sources_asked` of them are asked, and `ticket_reply` is what the person is told."""
    started = time.process_time()
    on_progress(20, "Reading the request")
    document = _document(call)
    output, calls = (_refund(call, document), 0) if call.action == "expense-refunds" else (None, 0)
    if output is None:
        hints, calls = _looked_up(call.request, document)
        output = {**_ticket(call), "said": " ".join([*hints, str(document.get("ticket_reply", REPLY))])}
    seconds = Decimal(str(round(time.process_time() - started, 6)))
    return Reply(output=output, usage=Usage(tokens_in={}, tokens_out={}, compute_seconds=seconds, api_calls=calls))


def _document(call: Call) -> Mapping[str, Any]:
    document: Any = call.constitution.document
    return document if isinstance(document, dict) else {}


def _looked_up(request: str, document: Mapping[str, Any]) -> tuple[list[str], int]:
    """What the sources say of the request, and how many were asked."""
    asked = SOURCES[: document.get("sources_asked", len(SOURCES))]
    words = request.casefold()
    return [said for source in asked for word, said in source.items() if word in words], len(asked)


def _refund(call: Call, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The refund that may be granted at once; None for what a colleague must look at."""
    given: Any = call.input if isinstance(call.input, dict) else {}
    try:
        amount, limit = Decimal(str(given["amount_usd"])), Decimal(str(document["refund_limit_usd"]))
    except (KeyError, InvalidOperation):
        return None
    if not 0 < amount <= limit:
        return None
    return {"refunded_usd": f"{amount:f}", "said": f"Refunded: {amount:f} USD, within the limit of {limit:f}."}


def _ticket(call: Call) -> dict[str, Any]:
    """The request's ticket: written once, found again when the call comes again. A dream's is only thought of."""
    if call.mode == "dream":
        return {"ticket": "HELP-0"}
    path = Path(settings.HOME.path) / "agents" / call.tenant_id / NAME / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        keys = [json.loads(line)["key"] for line in file]
        if call.idempotency_key not in keys:
            keys.append(call.idempotency_key)
            file.write(json.dumps({"key": call.idempotency_key, "request": call.request[:500]}) + "\n")
    return {"ticket": f"HELP-{keys.index(call.idempotency_key) + 1}"}
