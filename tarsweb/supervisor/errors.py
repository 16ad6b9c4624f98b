"""Why `tars up` does not start, in sentences."""

from __future__ import annotations

from typing import ClassVar

from governance.errors import DomainError


class StartError(DomainError):
    """The product cannot be started; the sentence says why and what to do."""

    code: ClassVar[str] = "start"
    status: ClassVar[int] = 503
