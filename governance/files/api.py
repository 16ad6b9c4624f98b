"""Files over REST: JSON in and out, so bytes travel in base64. Larger ones go through the page's form."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import Invalid
from governance.files import actions, shapes
from governance.files.models import StoredFile
from governance.files.queries import FileChanged, found_file
from governance.rest import Face, endpoint
from governance.web import now


def file_record(row: StoredFile) -> dict[str, Any]:
    """A file without its bytes."""
    return {
        "id": str(row.id),
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "digest": row.digest,
        "expires_at": row.expires_at,
    }


class Files(Face):
    @endpoint(gives=shapes.File, status=201, takes=shapes.Upload, problems=(actions.BadFile, actions.TooManyFiles))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Keep a file for a day; name its `id` among `attachments` of a proposal or revision to keep it for good."""
        content = _bytes(body["content"])
        row = actions.upload(scope=self.scope(request), name=body["name"], content=content, at=now())
        address = reverse("api-file", kwargs={"file_id": row.id})
        return Response(file_record(row), status=201, headers={"Location": address})


class OneFile(Face):
    @endpoint(gives=shapes.FileWithContent, problems=(FileChanged,))
    def get(self, request: Request, file_id: UUID) -> Response:
        """A file with its bytes. An upload that nothing names yet is its owner's alone."""
        row = found_file(scope=self.reader(request), file_id=file_id, at=now())
        return Response({**file_record(row), "content": base64.b64encode(bytes(row.content)).decode()})


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The content is not base64.", problems=(("/content", "is not base64"),)) from None
