from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

from tarsweb.client.records import Amendment, AmendmentRow, RollBackPreview, System
from tarsweb.client.transport import Transport


class Tars(Transport):
    """The API's nouns as methods. What has no method here is reached by `get`, `post` and `pages`."""

    def systems(self) -> Iterator[System]:
        """Every system, by name."""
        return cast(Iterator[System], self.pages("systems/"))

    def system(self, name: str) -> System:
        """One system with its constitution. Raises `Problem` 404."""
        return cast(System, self.get(f"systems/{quote(name, safe='')}/").body)

    def amendments(self, **filters: str) -> Iterator[AmendmentRow]:
        """Amendments, newest first; `filters` as the API names them (`state`, `system`, `type`, …)."""
        return cast(Iterator[AmendmentRow], self.pages("amendments/", query=filters))

    def amendment(self, number: int) -> Amendment:
        """One amendment with everything its page shows."""
        return cast(Amendment, self.get(f"amendments/AMD-{number}/").body)

    def propose(
        self,
        *,
        system: str,
        amendment_type: str,
        evidence: Mapping[str, Any],
        base_version: int,
        constitution: Mapping[str, Any] | None = None,
        patch: list[dict[str, Any]] | None = None,
        basis: str = "ordinary",
        is_draft: bool = False,
        idempotency_key: str = "",
    ) -> Amendment:
        """Propose a change, as a whole `constitution` or as an RFC 6902 `patch` of version `base_version`."""
        wanted = {"constitution": dict(constitution)} if constitution is not None else {"patch": patch}
        body = {
            "system": system,
            "amendment_type": amendment_type,
            "basis": basis,
            "evidence": dict(evidence),
            "base_version": base_version,
            "draft": is_draft,
            **wanted,
        }
        return cast(Amendment, self.post("amendments/", body=body, idempotency_key=idempotency_key).body)

    def act(self, number: int, verb: str, **body: Any) -> Amendment:
        """Any verb on one amendment (`withdraw`, `rebase`, `send`, `roll_back`, …) with its body."""
        return cast(Amendment, self.post(f"amendments/AMD-{number}/{verb}", body=body).body)

    def roll_back_preview(self, number: int) -> RollBackPreview:
        """What rolling back would do now, and the `digest` that doing it takes."""
        return cast(RollBackPreview, self.get(f"amendments/AMD-{number}/roll_back").body)
