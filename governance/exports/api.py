"""REST over exports (docs/api.md)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import NotFound
from governance.exports import actions, queries, shapes
from governance.exports.actions import Taken
from governance.files.models import Purpose
from governance.files.queries import FileChanged, found_file
from governance.rest import Face, endpoint
from governance.web import now


class Exports(Face):
    @endpoint(gives=shapes.AllKept)
    def get(self, request: Request) -> Response:
        """What jobs made in the last seven days, newest first."""
        _, kept = queries.recent(scope=self.reader(request), at=now())
        return Response(
            {
                "results": [
                    {
                        "id": str(one.file_id),
                        "name": one.name,
                        "digest": one.digest,
                        "at": one.at,
                        "expires_at": one.expires_at,
                    }
                    for one in kept
                ]
            }
        )

    @endpoint(gives=shapes.Export, takes=shapes.Wish, problems=(actions.TooMuch,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Take a filtered list away; the ledger says so first. A long list becomes a job."""
        taken = actions.take(
            scope=self.scope(request), kind=body["list"], format=body["format"], filters=body["filters"], at=now()
        )
        if not isinstance(taken, Taken):
            return Response({**_EMPTY, "state": "queued", "job": str(taken.id)})
        return Response(
            {
                "state": "ready",
                "name": taken.name,
                "media_type": taken.media_type,
                "count": taken.count,
                "digest": taken.digest,
                "ledger_entry": taken.entry,
                "content": b64encode(taken.content).decode(),
                "job": None,
            }
        )


class OneExport(Face):
    @endpoint(gives=shapes.WholeKept, problems=(FileChanged,))
    def get(self, request: Request, file_id: UUID) -> Response:
        """A file that a job made."""
        file = found_file(scope=self.reader(request), file_id=file_id, at=now())
        if file.purpose != Purpose.EXPORT:
            raise NotFound("There is no such export, or its time is over.")
        return Response(
            {
                "id": str(file.id),
                "name": file.name,
                "digest": file.digest,
                "at": file.at,
                "expires_at": file.expires_at,
                "content": b64encode(bytes(file.content)).decode(),
            }
        )


_EMPTY = {"name": "", "media_type": "", "count": None, "digest": "", "ledger_entry": None, "content": ""}
