"""Two answers beside each other, blind, by the page and the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dreams.cycles import rating
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.dreams import desk
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")


def test_compare__shows_both_answers_without_saying_which_and_keeps_the_stars() -> None:
    cast = desk.cast(desk.wordy, law=desk.WORDS)
    cycle = desk.planned(cast)
    desk.ran(cast, cycle)
    dream = desk.dreams(cast, cycle)[1]
    path = f"/dreams/trials/{dream.id}/compare/"
    bo, uma = client_of(cast.bo), client_of(cast.uma)
    page = bo.get(path).content.decode()
    assert "Each and every entry was read" in page and "All entries were read" in page
    assert "Which is which is not said" in page
    with in_tenant(cast.tenant.id):
        asked = rating.blind(scope=cast.bo, dream_id=dream.id)[0].request
    assert asked and asked in page, "nobody can judge an answer without its question"
    with in_tenant(cast.tenant.id):
        key = rating.blind(scope=cast.bo, dream_id=dream.id)[0].request_key
    answer = bo.post(path, {"request_key": key, "first": "4", "second": "2"}, follow=True)
    assert "Your stars are kept." in answer.content.decode()
    assert "Revise the stars" in answer.content.decode()
    with in_tenant(cast.tenant.id):
        assert rating.stars_of(scope=cast.bo, dream_id=dream.id).n == 1
    assert "Those who may propose an amendment give stars." in uma.get(path).content.decode()
    assert uma.post(path, {"request_key": key, "first": "4", "second": "2"}).status_code == 403
    assert client_of(make.stranger()).get(path).status_code == 404
    assert bo.get(f"/dreams/trials/{uuid4()}/compare/").status_code == 404
    refused = bo.post(path, {"request_key": key, "first": "nine", "second": "2"}, follow=True)
    assert "one to five stars" in refused.content.decode()
