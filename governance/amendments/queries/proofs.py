"""The evidence of a revision as a page shows it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from governance.amendments import attachments
from governance.amendments.evidence import Item, checklist, known_keys
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.canonical import JSON

_SECTION = re.compile(r"\d{1,4}(?:\.\d{1,4})*[a-z]?")


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the evidence: what was asked for, what was supplied, by whom, when."""

    label: str
    value: str
    source: str
    date: date | None
    is_present: bool
    is_required: bool
    supplied_by: str = ""
    help: str = ""
    link: str = ""


def evidence_of(proposal: AmendmentProposal, revision: ProposalRevision) -> tuple[Proof, ...]:
    """The checklist of the type and basis, then whatever else was supplied; files are listed apart."""
    type, basis = AmendmentType(proposal.amendment_type), Basis(proposal.basis)
    lines = checklist(type=type, basis=basis, evidence=revision.evidence, sources=revision.sources)
    extra = sorted(revision.evidence.keys() - known_keys(type, basis) - {attachments.KEY})
    more = [
        _proof(Item((key,), _humane(key), "", is_required=False), revision.evidence[key], revision.sources.get(key, {}))
        for key in extra
    ]
    first = [_proof(line.item, line.value, {"source": line.source, "date": line.date}) for line in lines]
    return (*first, *more)


def _proof(item: Item, value: Any, origin: dict[str, str]) -> Proof:
    text = value if isinstance(value, str) else "" if value is None else _plain(value)
    return Proof(
        label=item.label,
        value=text,
        source=origin.get("source", ""),
        date=_date(origin.get("date", "")),
        is_present=value is not None,
        is_required=item.is_required,
        supplied_by=item.supplied_by,
        help=item.help,
        link=_link(item, text),
    )


def _link(item: Item, text: str) -> str:
    """A web address is its own link; one section of gov.md leads to the law."""
    if "gov_md_section" in item.keys and _SECTION.fullmatch(text):
        return f"{reverse('lawbook:law')}#gov.md/{text}"
    return text if text.startswith(("https://", "http://")) and len(text.split()) == 1 else ""


def _plain(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _humane(key: str) -> str:
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else key
