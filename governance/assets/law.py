"""An asset and its mandates as plain values: what `rules` compiles and `queries` reads. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MandateLaw:
    """What a group decided about one asset. `condition` is a body in the rules' text format, "" for always."""

    id: str
    effect: str
    actions: tuple[str, ...]
    authority: str
    issued_at: datetime
    expires_at: datetime
    condition: str = ""
    revoked_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Issued, not expired and not revoked at that moment."""
        ended = self.revoked_at is not None and self.revoked_at <= at
        return self.issued_at <= at < self.expires_at and not ended


@dataclass(frozen=True, slots=True)
class AssetLaw:
    """Who owns an asset, how it is shared, and every mandate on it. A cap of None is no cap."""

    name: str
    ownership: str
    owner: str = ""
    parties: tuple[str, ...] = ()
    requires_consensus: bool = False
    cap_per_user: int | None = None
    cap_per_hour: int | None = None
    is_contested: bool = False
    mediator: str = ""
    mandates: tuple[MandateLaw, ...] = ()
