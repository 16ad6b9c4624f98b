from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from governance.errors import Invalid, NotAllowed, NotFound
from governance.scope import Scope
from governance.searches import actions, queries
from governance.searches.models import SavedSearch
from governance.tenancy import in_tenant
from tests import factories as make

PAGE = "amendments:list"


@pytest.fixture
def cast(database: None) -> Iterator[make.Cast]:
    yield make.cast()


def _save(scope: Scope, name: str = "Due", **options: object) -> SavedSearch:
    return actions.save_search(
        **{"scope": scope, "page": PAGE, "name": name, "query": "q=due", "at": make.AT, **options}
    )  # type: ignore[arg-type]


def _names(scope: Scope) -> list[str]:
    with in_tenant(scope.tenant_id):
        return [one.name for one in queries.searches_of(scope=scope, page=PAGE)]


def test_save__by_anybody__is_theirs_alone(cast: make.Cast) -> None:
    _save(cast.mel)
    assert _names(cast.mel) == ["Due"]
    assert _names(cast.bo) == []


def test_save__leaves_no_ledger_entry(cast: make.Cast) -> None:
    from governance.ledger.models import LedgerEntry

    _save(cast.uma)
    with in_tenant(cast.tenant.id):
        assert not LedgerEntry.objects.filter(action_name__startswith="searches").exists()


def test_save__a_second_time__replaces(cast: make.Cast) -> None:
    _save(cast.bo)
    _save(cast.bo, query="type=manual_update")
    with in_tenant(cast.tenant.id):
        (one,) = queries.searches_of(scope=cast.bo, page=PAGE)
    assert one.query == "type=manual_update"


def test_save__two_at_once_as_default__leaves_one_of_each(cast: make.Cast) -> None:
    def run(name: str) -> None:
        try:
            _save(cast.bo, name, is_default=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, ["a", "a", "b", "c"]))
    with in_tenant(cast.tenant.id):
        found = queries.searches_of(scope=cast.bo, page=PAGE)
    assert [one.name for one in found] == ["a", "b", "c"]
    assert sum(one.is_default for one in found) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"page": "admin:index"},
        {"name": " "},
        {"name": "x" * 81},
        {"query": ""},
        {"query": "page=2"},
        {"query": "q=" + "a" * 3000},
    ],
)
def test_save__what_is_no_search__refused(bad: dict[str, str], cast: make.Cast) -> None:
    with pytest.raises(Invalid):
        _save(cast.bo, **bad)


def test_save__more_than_anybody_overlooks__refused(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    _save(cast.bo)
    with pytest.raises(actions.TooManySearches):
        _save(cast.bo, "Another")


def test_share__by_a_reader__everybody_sees_it(cast: make.Cast) -> None:
    made = _save(cast.bo)
    actions.change_search(scope=cast.bo, search_id=made.id, is_shared=True, at=make.AT)
    assert _names(cast.ada) == ["Due"]
    actions.change_search(scope=cast.bo, search_id=made.id, is_shared=False, at=make.AT)
    assert _names(cast.ada) == []


def test_share__by_a_member_who_cannot_read__refused(cast: make.Cast) -> None:
    made = _save(cast.mel)
    with pytest.raises(NotAllowed):
        actions.change_search(scope=cast.mel, search_id=made.id, is_shared=True, at=make.AT)
    with pytest.raises(NotAllowed):
        _save(cast.mel, "Other", is_shared=True)


def test_another_persons__is_not_found(cast: make.Cast) -> None:
    made = _save(cast.bo, is_shared=True)
    for scope in (cast.ada, make.stranger()):
        with pytest.raises(NotFound):
            actions.remove_search(scope=scope, search_id=made.id, at=make.AT)
        with pytest.raises(NotFound):
            actions.change_search(scope=scope, search_id=made.id, name="Mine", at=make.AT)
        with pytest.raises(NotFound):
            actions.change_search(scope=scope, search_id=made.id, is_default=True, at=make.AT)


def test_rename__to_a_name_in_use__refused(cast: make.Cast) -> None:
    _save(cast.bo, "One")
    two = _save(cast.bo, "Two")
    with pytest.raises(actions.NameTaken):
        actions.change_search(scope=cast.bo, search_id=two.id, name="One", at=make.AT)
    assert actions.change_search(scope=cast.bo, search_id=two.id, name=" Three ", at=make.AT).name == "Three"


def test_default__moves_and_ends(cast: make.Cast) -> None:
    one, two = _save(cast.bo, "One", is_default=True), _save(cast.bo, "Two", query="q=2")
    actions.change_search(scope=cast.bo, search_id=two.id, is_default=True, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert queries.default_url(scope=cast.bo, page=PAGE, query="") == "/amendments/?q=2"
        assert queries.default_url(scope=cast.bo, page=PAGE, query="all=1") is None
        assert queries.default_url(scope=cast.ada, page=PAGE, query="") is None
    actions.change_search(scope=cast.bo, search_id=two.id, is_default=False, at=make.AT)
    actions.remove_search(scope=cast.bo, search_id=one.id, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert queries.default_url(scope=cast.bo, page=PAGE, query="") is None


def test_system__keeps_no_searches(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        _save(cast.tars)
    assert _names(replace(cast.tars)) == []
