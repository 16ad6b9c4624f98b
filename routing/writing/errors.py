"""Why a model wrote nothing."""

from __future__ import annotations

from governance.errors import DomainError


class WriterFailed(DomainError):
    """The service did not give words that can be used."""

    code = "writer_failed"
    status = 502
