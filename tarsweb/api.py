"""What every API view shares."""

from __future__ import annotations

from typing import IO, Any

from rest_framework.parsers import BaseParser

from governance import canonical


class StrictJSONParser(BaseParser):
    """JSON that can be kept exactly: duplicate keys, NaN, huge integers and depth are refused by pointer (422)."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return canonical.loads(stream.read())
