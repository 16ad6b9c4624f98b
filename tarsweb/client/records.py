"""The records of the API that the client gives out, as `docs/api.md` describes them; members beyond these may come."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class System(TypedDict):
    """A system; `constitution` only when one system was asked for."""

    name: str
    type: str
    description: str | None
    status: str
    version: str
    constitution_version: int
    constitution_digest: str
    capabilities: list[str]
    updated_at: str
    constitution: NotRequired[dict[str, Any]]


class AmendmentRow(TypedDict):
    """An amendment as a list has it."""

    id: str
    state: str
    system: str
    amendment_type: str
    effect: str
    sentence: str
    proposed_by: str


class Amendment(AmendmentRow):
    """An amendment whole."""

    basis: str
    digest: str
    changes: list[dict[str, Any]]
    patch: list[dict[str, Any]]
    constitution: dict[str, Any]
    evidence: dict[str, Any]
    timeline: list[dict[str, Any]]


class RollBackPreview(TypedDict):
    """What rolling an amendment back would do now."""

    id: str
    system: str
    digest: str
    sentence: str
    effect: str
    refused_because: str | None
