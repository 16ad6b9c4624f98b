"""The strict reader of bodies. It stands alone: Django REST framework loads it while its own views are being loaded."""

from __future__ import annotations

from typing import IO, Any, ClassVar

from rest_framework.parsers import BaseParser

from governance import canonical
from governance.errors import DomainError


class Malformed(DomainError):
    """The body is no JSON at all."""

    code: ClassVar[str] = "malformed_json"
    status: ClassVar[int] = 400


class StrictJSONParser(BaseParser):
    """JSON that can be kept exactly: duplicate keys, NaN, huge integers and depth are refused by pointer (422).

    Text that is no JSON is `Malformed` (400).
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return canonical.loads(stream.read())
        except canonical.InvalidDocument as refusal:
            if refusal.kind in {"syntax", "bad_utf8", "empty"}:
                raise Malformed(refusal.sentence, problems=refusal.problems) from None
            raise
