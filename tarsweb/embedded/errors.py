"""What can go wrong at the start, in sentences."""

from __future__ import annotations

from typing import ClassVar

from governance.errors import DomainError


class LaunchError(DomainError):
    """The embedded database cannot be started (or stopped); the sentence says why and what to do."""

    code: ClassVar[str] = "launch"
    status: ClassVar[int] = 503
