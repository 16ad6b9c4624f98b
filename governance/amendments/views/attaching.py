"""Files on the forms that propose and revise: taken in at once, so that a mistake elsewhere in the form loses none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from governance.errors import DomainError
from governance.files.actions import upload
from governance.files.kinds import TYPES, human_size
from governance.files.queries import Attachment, uploads_of
from governance.scope import Scope
from governance.web import now

ACCEPT = ",".join(f".{ending}" for ending in TYPES)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that the form holds."""

    id: UUID
    name: str
    size_words: str
    digest: str


@dataclass(frozen=True, slots=True)
class Files:
    """What a form names: ids of files, and why others could not be kept."""

    ids: tuple[UUID, ...] = ()
    refused: tuple[str, ...] = ()


def taken_in(request: HttpRequest) -> Files:
    """Keep what was sent along, and name it beside what was there; each file is its own verb."""
    ids, refused = [*_ids(request.POST.getlist("attachment"))], []
    for sent in request.FILES.getlist("attach"):
        try:
            content = sent.read()
            file = upload(scope=request.scope, name=sent.name or "", content=content, at=now())  # type: ignore[attr-defined]
            ids.append(file.id)
        except DomainError as refusal:
            refused.append(refusal.sentence)
    return Files(tuple(dict.fromkeys(ids)), tuple(refused))


def shown(*, scope: Scope, ids: Iterable[UUID], attached: Iterable[Attachment]) -> list[Kept]:
    """The files of these ids, whether they wait for a proposal or belong to the revision before."""
    wanted = list(ids)
    old = {one.id: Kept(one.id, one.name, one.size_words, one.digest) for one in attached if one.id is not None}
    fresh = {
        row.id: Kept(row.id, row.name, human_size(row.size), row.digest)
        for row in uploads_of(scope=scope, file_ids=[id for id in wanted if id not in old], at=now())
    }
    return [found for id in wanted if (found := old.get(id) or fresh.get(id))]


def _ids(texts: Iterable[str]) -> Iterable[UUID]:
    for text in texts:
        try:
            yield UUID(text)
        except ValueError:
            continue
