"""REST over the law (docs/api.md)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.amendments.errors import EvidenceMissing, MergeConflict, TypeMisfit
from governance.amendments.kinds import AmendmentType, Basis
from governance.constitution.schema import InvalidConstitution
from governance.errors import Invalid
from governance.files.actions import BadFile, TooManyFiles
from governance.lawbook import actions, queries, shapes
from governance.lawbook.formats import UnknownFormat
from governance.lawbook.proposing import BadName
from governance.lawbook.translation import BadLawFile
from governance.policy.errors import Unsound
from governance.rest import Face, endpoint
from governance.tenancy import in_tenant
from governance.web import now

_UNREAD = (BadLawFile, BadName, UnknownFormat)


class Law(Face):
    @endpoint(gives=shapes.Law)
    def get(self, request: Request) -> Response:
        """The law in force: documents, clauses, rules as sentences and as text."""
        found = queries.law_in_force(scope=self.reader(request))
        documents = [_document(one) for one in queries.documents(found.constitution)]
        return Response({"version": found.version, "documents": documents})


class Previewing(Face):
    @endpoint(gives=shapes.LawPreview, takes=shapes.LawFile, problems=_UNREAD)
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """What importing a file would change; writes nothing."""
        scope = self.scope(request)
        with in_tenant(scope.tenant_id):
            found = queries.preview_import(
                scope=scope, format=body["format"], name=body.get("name", ""), content=_content(body), at=now()
            )
        return Response(_preview(found))


class Importing(Face):
    @endpoint(
        gives=shapes.Proposed,
        status=201,
        takes=shapes.LawProposal,
        problems=(
            *_UNREAD,
            actions.NothingChanges,
            actions.LawIsTaken,
            Unsound,
            InvalidConstitution,
            EvidenceMissing,
            TypeMisfit,
            MergeConflict,
            BadFile,
            TooManyFiles,
        ),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Propose that a file become law. Approval, versions and rollback are the amendment's."""
        proposal = actions.propose_import(
            scope=self.scope(request),
            format=body["format"],
            name=body.get("name", ""),
            content=_content(body),
            evidence=body["evidence"],
            type=AmendmentType(body["type"]) if "type" in body else None,
            basis=Basis(body.get("basis", Basis.ORDINARY)),
            base_version=body.get("base_version"),
            effective_at=body.get("effective_at"),
            at=now(),
        )
        record = {
            "id": proposal.label,
            "state": proposal.state,
            "sentence": proposal.sentence,
            "effect": proposal.effect,
            "amendment_type": proposal.amendment_type,
        }
        address = reverse("api-amendment", kwargs={"number": proposal.number})
        return Response(record, status=201, headers={"Location": address})


def _content(body: dict[str, Any]) -> bytes:
    if ("text" in body) is ("content" in body):
        raise Invalid("Send either text or content.", problems=(("/text", "or content, one of them"),))
    if "text" in body:
        return str(body["text"]).encode()
    try:
        return base64.b64decode(body["content"], validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The content is not base64.", problems=(("/content", "is not base64"),)) from None


def _preview(found: queries.Preview) -> dict[str, Any]:
    return {
        "name": found.name,
        "format": found.format,
        "digest": found.digest,
        "base_version": found.base_version,
        "is_new": found.is_new,
        "can_propose": found.can_propose,
        "sentence": found.sentence,
        "effect": found.effect.value,
        "amendment_type": found.type.value,
        "needs": found.needs,
        "sections": found.sections,
        "rules": [asdict(change) for change in found.rules],
        "preferences": list(found.preferences),
        "preferences_gone": list(found.preferences_gone),
        "findings": [asdict(finding) for finding in found.findings],
        "untranslated": list(found.untranslated),
        "cases": [{**asdict(case), "id": str(case.id)} for case in found.cases],
    }


def _document(found: queries.DocumentView) -> dict[str, Any]:
    return {
        "name": found.name,
        "format": found.format,
        "title": found.title,
        "authority": found.authority,
        "enacted_at": found.enacted_at,
        "digest": found.digest,
        "untranslated": list(found.untranslated),
        "clauses": [
            {
                "number": clause.number,
                "title": clause.title,
                "text": clause.text,
                "rules": [{"id": id, "words": words, "text": text} for id, words, text in clause.rules],
            }
            for clause in found.clauses
        ],
    }
