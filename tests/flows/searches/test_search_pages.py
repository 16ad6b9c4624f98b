from __future__ import annotations

import pytest

from governance.searches.actions import save_search
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")


def test_filter_save_star_manage_remove__without_script() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    assert "Save this search" not in client.get("/amendments/").content.decode()
    page = client.get("/amendments/?q=delay&gone=1").content.decode()
    assert "/searches/save/?page=amendments%3Alist&amp;query=gone%3D1%26q%3Ddelay" in page
    form = client.get("/searches/save/?page=amendments:list&query=q%3Ddelay").content.decode()
    assert 'value="q=delay"' in form
    body = {"page": "amendments:list", "query": "q=delay", "name": "<b>Slow</b>", "is_default": "on"}
    done = client.post("/searches/save/", body)
    assert done["Location"] == "/amendments/?q=delay"
    page = client.get(done["Location"]).content.decode()
    assert "&lt;b&gt;Slow&lt;/b&gt;" in page and 'aria-current="true"' in page and "<b>Slow" not in page
    assert client.get("/amendments/")["Location"] == "/amendments/?q=delay"
    assert client.get("/amendments/?all=1").status_code == 200
    manage = client.get("/searches/").content.decode()
    assert "No longer the default" in manage
    with in_tenant(cast.tenant.id):
        from governance.searches.queries import mine

        (one,) = mine(scope=cast.bo)
    for verb, data in (("default", {"on": "0"}), ("share", {"on": "1"}), ("rename", {"name": "Slow"})):
        assert client.post(f"/searches/{one.id}/{verb}/", data).status_code == 302
    assert "by Bo" in client_of(cast.ada).get("/amendments/?all=1").content.decode()
    assert client.post(f"/searches/{one.id}/remove/").status_code == 302
    assert "No search is saved" in client.get("/searches/").content.decode()


def test_refusal__is_drawn_into_the_form() -> None:
    client = client_of(make.cast().bo)
    answer = client.post("/searches/save/", {"page": "amendments:list", "query": "page=2", "name": "Nothing"})
    assert answer.status_code == 422 and "Filter the list first" in answer.content.decode()
    assert client.post("/searches/save/", {"page": "nowhere", "query": "a=b", "name": "X"}).status_code == 422


@pytest.mark.parametrize("path", ["/amendments/", "/systems/", "/ledger/"])
def test_kept_query_with_a_parameter_nobody_knows__opens(path: str) -> None:
    page = {"/amendments/": "amendments:list", "/systems/": "systems:list", "/ledger/": "ledger:list"}[path]
    cast = make.cast()
    save_search(scope=cast.uma, page=page, name="Old", query="was_a_filter=yes&q=%20x", is_default=True, at=make.AT)
    answer = client_of(cast.uma).get(path, follow=True)
    assert answer.status_code == 200 and "Old" in answer.content.decode()


def test_stranger__finds_nothing_to_act_on() -> None:
    cast = make.cast()
    made = save_search(scope=cast.bo, page="systems:list", name="Mine", query="q=x", at=make.AT)
    for verb in ("rename", "share", "default", "remove"):
        assert client_of(make.stranger()).post(f"/searches/{made.id}/{verb}/", {"name": "x"}).status_code == 404
