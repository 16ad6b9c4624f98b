"""What may be asked of TARS, and the digest by which a repeated request is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from governance import canonical
from governance.errors import DomainError, Invalid

TEXT_LENGTH: Final = 20_000
INPUT_BYTES: Final = 256 * 1024
INPUT_DEPTH: Final = 32
KEY_LENGTH: Final = 200
MOST_HOPS: Final = 5
"""How often work is handed on at most: a request of a person has depth 0."""


class TooDeep(DomainError):
    """Work was handed on too often."""

    code = "too_deep"
    status = 422


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was asked. `system` names who must do it, `action` what it is; "" leaves either to TARS."""

    text: str
    input: Any = None
    system: str = ""
    action: str = ""
    session: str = ""
    parent_id: UUID | None = None

    @property
    def body_digest(self) -> str:
        """What a repeated key is compared by: everything that was asked."""
        return canonical.digest(
            {
                "text": self.text,
                "input": self.input,
                "system": self.system,
                "action": self.action,
                "session": self.session,
                "parent": str(self.parent_id) if self.parent_id else None,
            }
        )


def check(asked: Asked, *, key: str) -> None:
    """Raise `Invalid` naming every place that is out of bounds."""
    problems = []
    if not asked.text.strip():
        problems.append(("/text", "is empty: say in a sentence what is to be done"))
    if len(asked.text) > TEXT_LENGTH:
        problems.append(("/text", f"has {len(asked.text):,} characters; at most {TEXT_LENGTH:,} are read"))
    if "\x00" in asked.text:
        problems.append(("/text", "holds U+0000, which cannot be stored"))
    if len(key) > KEY_LENGTH:
        problems.append(("/key", f"has more than {KEY_LENGTH} characters"))
    if problems:
        raise Invalid("This request cannot be taken on.", problems=tuple(problems))
    canonical.check_value(asked.input, max_depth=INPUT_DEPTH, refuses_big_doubles=True)
    size = len(canonical.canonical_bytes(asked.input))
    if size > INPUT_BYTES:
        sentence = f"The input has {size:,} bytes; at most {INPUT_BYTES:,} go with a request. Send a reference instead."
        raise Invalid(sentence, problems=(("/input", "is too large"),))
