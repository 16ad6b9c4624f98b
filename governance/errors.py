"""The one family of expected failures.

A verb names its own subclasses beside itself. `tarsweb.errors` turns them into a page, a fragment, RFC 9457 problem
JSON or an exit code, in one place; nothing else translates them.
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """Something a person can be told: a stable `code` and a sentence that says what to do.

    `status` is the HTTP status the faces answer with; `problems` points into the input, one `(pointer, sentence)` each; `link`
    is the address of the page on which a person can do what is missing.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    is_recorded: ClassVar[bool] = False
    """Whether the refusal itself becomes a ledger entry (who tried what they may not)."""

    def __init__(self, sentence: str, *, problems: tuple[tuple[str, str], ...] = (), link: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.problems = problems
        self.link = link


class NotAllowed(DomainError):
    """The scope lacks the role; says which role has it."""

    code = "not_allowed"
    status = 403
    is_recorded = True


class NotFound(DomainError):
    """Nothing of that name in this tenant (also the answer for another tenant's things)."""

    code = "not_found"
    status = 404


class Invalid(DomainError):
    """The input itself is wrong; `problems` says where."""

    code = "invalid"
    status = 422
