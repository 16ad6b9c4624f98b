"""Why a text could not be embedded."""

from __future__ import annotations

from governance.errors import DomainError


class ModelMissing(DomainError):
    """The local model's files are not installed, or are not those whose digest TARS knows."""

    code = "embedder_missing"
    status = 503


class EmbedderFailed(DomainError):
    """The outside service did not give vectors that can be used."""

    code = "embedder_failed"
    status = 502


class UnknownModel(DomainError):
    """Nothing here can make vectors of that model: what was embedded with it must be embedded again."""

    code = "unknown_model"
    status = 409
