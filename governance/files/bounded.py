"""Uploads are bounded while they arrive: what is too much is dropped on the way, and the verb then refuses what is too large."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from governance.files.kinds import EVIDENCE_BYTES, EVIDENCE_FILES


class BoundedUpload(FileUploadHandler):
    """The first of the upload handlers: passes on one byte more than a file may have, and no more files than a proposal takes."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._files = 0
        self._passed = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        self._passed = 0
        if self._files > EVIDENCE_FILES + 1:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        kept = raw_data[: EVIDENCE_BYTES + 1 - self._passed]
        self._passed += len(kept)
        return kept or None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
