from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from governance.files.models import StoredFile
from governance.files.queries import found_file
from governance.scope import Capability
from governance.web import now, scope_of, scoped

# HAZARD: what people attach is foreign content on our origin. It is saved, never rendered, sniffed or run.
_APART = "sandbox; default-src 'none'; frame-ancestors 'none'"


@require_safe
@scoped(Capability.READ_RECORD, to="fetch a file")
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file itself, to be saved."""
    return sent(found_file(scope=scope_of(request), file_id=file_id, at=now()))


def sent(file: StoredFile) -> HttpResponse:
    """A stored file as an answer that no browser opens in our name."""
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _APART
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
