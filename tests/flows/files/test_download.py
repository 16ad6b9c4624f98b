"""Fetching a file: saved, never opened in our name."""

from __future__ import annotations

from governance.files.actions import upload
from governance.web import now
from tests import factories as make
from tests.web import client_of


def test_download__is_an_attachment_apart_from_our_pages() -> None:
    cast = make.cast()
    file = upload(scope=cast.bo, name="größe <b>.md", content=b"# Plan", at=now())
    answer = client_of(cast.bo).get(f"/files/{file.id}/")
    assert answer.status_code == 200 and answer.content == b"# Plan"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''gr%C3%B6%C3%9Fe%20b.md")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_download__by_a_stranger_or_without_a_desk__refused() -> None:
    cast = make.cast()
    file = upload(scope=cast.bo, name="a.md", content=b"# Plan", at=now())
    assert client_of(make.stranger()).get(f"/files/{file.id}/").status_code == 404
    assert client_of(cast.mel).get(f"/files/{file.id}/").status_code == 403
