"""The law over REST: the same verbs, bytes in base64 or text."""

from __future__ import annotations

import base64
from typing import Any

from django.test import Client

from tests import factories as make
from tests.db.lawbook.test_import import GOV, imported
from tests.web import client_of


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/law/{path}", body, content_type="application/json")


def test_preview__then_import__then_read() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    seen = post(client, "preview/", format="gov_md", text=GOV.decode())
    assert seen.status_code == 200 and seen.json()["can_propose"] is True
    assert seen.json()["rules"][0]["id"] == "gov.md/deletions"
    sent = post(client, "import/", format="gov_md", content=base64.b64encode(GOV).decode(), evidence={"reason": "GDPR"})
    assert sent.status_code == 201, sent.content
    assert sent.json()["state"] == "proposed" and sent["Location"].endswith(f"/{sent.json()['id']}/")
    assert client.get("/api/v1/law/").json() == {"version": 1, "documents": []}


def test_the_law_in_force() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo))
    found = client_of(cast.uma).get("/api/v1/law/").json()
    assert found["version"] == 2
    assert found["documents"][0]["clauses"][1]["rules"][0]["text"].startswith("gov.md/deletions: => [O] approved(")


def test_bad_law__is_problem_json_with_places() -> None:
    answer = post(client_of(make.cast().bo), "preview/", format="gov_md", text="## 1 A\n\n```rules\na ==> b\n```")
    assert answer.status_code == 422
    assert "line 4" in str(answer.json())


def test_neither_or_both_of_text_and_content__refused() -> None:
    client = client_of(make.cast().bo)
    assert post(client, "preview/", format="gov_md").status_code == 422
    assert post(client, "preview/", format="gov_md", text="a", content="YQ==").status_code == 422
    assert post(client, "preview/", format="gov_md", content="%").status_code == 422


def test_a_stale_base__refused_as_amendments_do() -> None:
    cast = make.cast()
    make.approve(cast.ada, imported(cast.bo))
    more = GOV.decode() + "\n7.5 Prose.\n"
    answer = post(client_of(cast.bo), "import/", format="gov_md", text=more, evidence={"reason": "x"}, base_version=1)
    assert answer.status_code == 409
