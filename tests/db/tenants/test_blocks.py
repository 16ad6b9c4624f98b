"""The tenant belongs to a transaction, never to a connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from django.test import override_settings

from governance.identity.actions import add_member
from governance.registry.models import System
from governance.scope import Role, tars_scope
from governance.tenancy import TenantMixup, active_tenant, active_tenant_ids, as_user, in_tenant
from tests import factories as make
from tests.db.tenants.catalogue import connected, rows
from tests.web import client_of


def _systems() -> list[object]:
    return list(System.objects.values_list("id", flat=True))


def _settings() -> tuple[str, ...]:
    names = ("app.tenant_id", "app.user_id")
    return tuple(rows("SELECT coalesce(current_setting(%s, true), '')", name)[0][0] for name in names)


def test_blocks__one_after_the_other_on_a_kept_connection__see_their_own_rows() -> None:
    home, away = make.cast(), make.cast()
    pid = rows("SELECT pg_backend_pid()")
    for cast in (home, away, home):
        with in_tenant(cast.tenant.id):
            assert _systems() == [cast.system.id]
        assert _systems() == []
    assert rows("SELECT pg_backend_pid()") == pid
    assert _settings() == ("", "")


def test_block__left_by_an_error__leaves_nothing_set() -> None:
    cast = make.cast()
    with pytest.raises(ZeroDivisionError), in_tenant(cast.tenant.id):
        assert _systems() == [cast.system.id]
        raise ZeroDivisionError
    assert _systems() == [] and active_tenant() is None


def test_block__on_a_connection_that_the_server_ended__is_refused_and_a_new_one_serves_the_next() -> None:
    cast = make.cast()
    with connected("super") as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [rows("SELECT pg_backend_pid()")[0][0]])
    with pytest.raises(OperationalError), in_tenant(cast.tenant.id):
        _systems()
        raise AssertionError("there is no transaction to be in")
    assert active_tenant() is None
    connection.close_if_unusable_or_obsolete()
    with in_tenant(cast.tenant.id):
        assert _systems() == [cast.system.id]


def test_block__of_something_that_is_no_id__never_gets_into_a_statement() -> None:
    with pytest.raises(AttributeError), in_tenant("'; DROP TABLE systems; --"):  # type: ignore[arg-type]
        raise AssertionError("there is no such tenant")
    assert active_tenant() is None and not connection.in_atomic_block


def test_block__in_an_outer_transaction__is_undone_when_left() -> None:
    cast = make.cast()
    with transaction.atomic():
        with in_tenant(cast.tenant.id):
            assert _systems() == [cast.system.id]
        assert _systems() == []
        with pytest.raises(ZeroDivisionError), in_tenant(cast.tenant.id):
            raise ZeroDivisionError
        assert _systems() == []


def test_block__for_another_tenant_inside__raises_and_the_outer_goes_on() -> None:
    home, away = make.cast(), make.cast()
    with in_tenant(home.tenant.id):
        with pytest.raises(TenantMixup), in_tenant(away.tenant.id):
            pass  # pragma: no cover
        assert _systems() == [home.system.id]


def test_block__for_the_same_tenant_inside__keeps_the_tenant() -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id):
        with in_tenant(cast.tenant.id):
            assert _systems() == [cast.system.id]
        assert _systems() == [cast.system.id]


def test_verb__inside_somebody_elses_transaction__refused_before_anything_happens() -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id), pytest.raises(RuntimeError, match="durable"):
        make.proposed(cast)


def test_verb__for_another_tenant_inside_a_block__refused() -> None:
    home, away = make.cast(), make.cast()
    with pytest.raises((TenantMixup, RuntimeError)), in_tenant(home.tenant.id):
        make.proposed(away)


def test_active_tenants__are_ids_and_nothing_else() -> None:
    cast = make.cast()
    assert cast.tenant.id in active_tenant_ids()
    assert rows("SELECT count(*) FROM tenants") == [(0,)]


# -- people


def test_own_memberships__are_seen_before_a_tenant_is_chosen_and_nobody_elses() -> None:
    home, away = make.cast(), make.cast()
    ada = home.users["ada"]
    add_member(scope=tars_scope(away.tenant.id), user=ada, roles=[Role.AUDITOR], at=make.AT)
    with as_user(ada.id):
        assert {row[0] for row in rows("SELECT user_id FROM memberships")} == {ada.id}
        assert {row[0] for row in rows("SELECT tenant_id FROM memberships")} == {home.tenant.id, away.tenant.id}
        assert {row[0] for row in rows("SELECT id FROM tenants")} == {home.tenant.id, away.tenant.id}
        assert _systems() == []
    assert rows("SELECT count(*) FROM memberships") == [(0,)]


def test_own_memberships__cannot_be_written_by_the_look_up() -> None:
    ada = make.cast().users["ada"]
    with as_user(ada.id), connection.cursor() as cursor:
        cursor.execute("UPDATE memberships SET roles = '{tenant_admin}'")
        assert cursor.rowcount == 0


# -- requests


@pytest.fixture
def probe() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.db.tenants.urls"):
        yield


def test_requests__of_two_tenants_over_one_kept_connection__do_not_mix(probe: None) -> None:
    home, away = make.cast(), make.cast()
    clients = [(cast, client_of(cast.ada)) for cast in (home, away)]
    pids = set()
    for cast, client in clients * 3:
        found = client.get("/seen").json()
        assert found["systems"] == [str(cast.system.id)]
        assert found["tenant"] == found["active"] == str(cast.tenant.id)
        assert found["user"] in (None, "") and found["in"] is True
        pids.add(found["pid"])
    assert len(pids) == 1
    assert _settings() == ("", "") and _systems() == []


def test_request__that_breaks__leaves_nothing_for_the_next_one(probe: None) -> None:
    home, away = make.cast(), make.cast()
    client = client_of(home.ada)
    client.raise_request_exception = False
    assert client.get("/broken").status_code == 500
    assert client_of(away.ada).get("/seen").json()["systems"] == [str(away.system.id)]
    assert _systems() == []


def test_request__that_writes__gets_no_transaction_and_sees_no_row_by_itself(probe: None) -> None:
    cast = make.cast()
    found = client_of(cast.ada).post("/seen").json()
    assert (found["systems"], found["in"]) == ([], False)


def test_request__of_nobody_or_of_a_person_without_a_tenant__sees_nothing(probe: None) -> None:
    from django.test import Client

    make.cast()
    alone = Client()
    alone.force_login(make.user("nemo"))
    for client in (Client(), alone):
        assert client.get("/seen").json()["systems"] == []


def test_request__that_names_another_tenant__stays_in_its_own(probe: None) -> None:
    home, away = make.cast(), make.cast()
    client = client_of(home.ada)
    session = client.session
    session["tenant_id"] = str(away.tenant.id)
    session.save()
    assert client.get("/seen").json()["systems"] == [str(home.system.id)]
