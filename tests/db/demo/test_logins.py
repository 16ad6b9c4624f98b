from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import ScryptPasswordHasher, check_password
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_q.models import OrmQ, Schedule

from governance.identity.actions import dismiss_staff
from governance.identity.models import User
from governance.identity.queries import seats
from governance.ledger.models import LedgerEntry
from governance.scope import TARS
from governance.tenancy import in_tenant
from governance.tenants.actions import open_tenant
from governance.tenants.models import Tenant, Tier
from tarsweb.demo import passwords, people, tasks, worlds
from tests import factories as make
from tests.db.demo.conftest import END, Demo
from tests.installation import installation_of

AWAY = override_settings(LOCAL_ONLY=False)


def printed(*options: str) -> str:
    out = StringIO()
    call_command("demo", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def queue() -> Iterator[None]:
    OrmQ.objects.all().delete()
    yield
    OrmQ.objects.all().delete()
    Schedule.objects.filter(name=tasks.RESUME).delete()


def test_password__random_and_pronounceable() -> None:
    one, other = passwords.password(), passwords.password()
    assert re.fullmatch(r"([b-z][aeiou][b-z][aeiou]-){4}[b-z][aeiou][b-z][aeiou]", one)
    assert one != other


def test_quick_hash__scrypt__opens_and_is_strengthened_at_the_first_sign_in() -> None:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.ScryptPasswordHasher"]):
        encoded = passwords.quick_hash("bodi-ruma-sevo")
        assert check_password("bodi-ruma-sevo", encoded)
        assert not check_password("bodi-ruma-seva", encoded)
        assert ScryptPasswordHasher().must_update(encoded)


def test_logins__file__is_private_and_opens_every_account(oms: Demo) -> None:
    path = Path(project.HOME.path) / passwords.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for login in people.logins(worlds.load()):
        assert User.objects.get(email=login.email).check_password(login.password)


def test_logins__shared_people__have_both_tenants(oms: Demo) -> None:
    for email in ("preston@oms.com", "compliance-officer@oms.com", "auditor@oms.com"):
        found = seats(user=User.objects.get(email=email))
        assert [seat.tenant_name for seat in found] == ["New Client", "OMS Consulting"]
    assert len(seats(user=User.objects.get(email="katie@oms.com"))) == 1


@pytest.fixture
def steward(monkeypatch: pytest.MonkeyPatch) -> worlds.Person:
    """Somebody whom nobody has made yet, in the place of the demo's one platform staff."""
    person = replace(worlds.staff(), email=make.user("s").email.replace("s", "steward", 1))
    monkeypatch.setattr(people, "staff", lambda: person)
    return person


def demo_tenant() -> Tenant:
    return open_tenant(name="Demo", domain=None, tier=Tier.PRO, is_demo=True, at=END)


def test_staff__beside_a_real_tenant__there_is_none(steward: worlds.Person) -> None:
    with installation_of(demo_tenant().id, make.tenant().id):
        people.ensure_staff(at=END)
    assert not User.objects.filter(email=steward.email).exists()
    assert steward.email not in passwords.stored()


def test_staff__beside_the_demo_alone__is_entered_in_its_tenants(steward: worlds.Person) -> None:
    home = demo_tenant()
    with installation_of(home.id):
        people.ensure_staff(at=END)
    assert User.objects.get(email=steward.email).is_platform_staff
    with in_tenant(home.id):
        entry = LedgerEntry.objects.get(subject=steward.email)
        assert (entry.action_name, entry.actor_name) == ("identity.appoint_staff", TARS.name)


def test_staff__dismissed__is_printed_no_more(oms: Demo, steward: worlds.Person) -> None:
    people.ensure_staff(at=END)
    assert people.logins(worlds.load())[-1].email == steward.email
    dismiss_staff(actor=TARS, email=steward.email, at=END)
    assert steward.email not in {login.email for login in people.logins(worlds.load())}


def test_staff__on_an_installation_of_the_demo_alone__is_printed_and_a_person_of_the_demo(oms: Demo) -> None:
    people.ensure_staff(at=END)
    person = User.objects.get(email="staff@tars.local")
    login = people.logins(worlds.load())[-1]
    assert person.is_platform_staff and (login.email, login.role) == (person.email, "Platform staff")
    assert person.check_password(login.password) and passwords.is_demo_person(person)


def test_accounts__file_was_lost__everybody_gets_a_new_password() -> None:
    known = worlds.load(tag="lost")
    people.ensure_accounts(known)
    before = {login.email: login.password for login in people.logins(known)}
    path = Path(project.HOME.path) / passwords.FILE
    rest = {email: text for email, text in passwords.stored().items() if email not in before}
    path.write_text(json.dumps(rest))
    people.ensure_accounts(known)
    for login in people.logins(known):
        assert login.password != before[login.email]
        assert User.objects.get(email=login.email).check_password(login.password)


def test_accounts__address_of_a_real_person__is_left_alone() -> None:
    known = worlds.load(tag="real")
    person = User.objects.create_user(email="preston@real.oms.com", password=make.PASSWORD, name="Somebody Else")
    make.add_member(scope=make.tars_scope(make.tenant().id), user=person, roles=[make.Role.OPERATOR], at=make.AT)
    people.ensure_accounts(known)
    person.refresh_from_db()
    assert person.check_password(make.PASSWORD)
    assert "preston@real.oms.com" not in {login.email for login in people.logins(known)}


def test_command__prepare__prints_logins_and_queues_the_filling_once(oms: Demo, queue: None) -> None:
    first = printed("--prepare")
    assert re.search(r"^Compliance officer +compliance-officer@oms.com +[a-z-]{24}$", first, re.MULTILINE)
    assert printed("--prepare") == first
    assert OrmQ.objects.count() == 1
    assert Schedule.objects.filter(name=tasks.RESUME).count() == 1


def test_command__logins_as_json__names_tenants(oms: Demo) -> None:
    found = json.loads(printed("--logins", "--json"))["logins"]
    assert found[0]["tenants"] == ["OMS Consulting (Compliance officer)", "New Client (Compliance officer)"]
    assert printed("--logins") == printed("--logins")


def test_command__fill__says_what_it_did(oms: Demo) -> None:
    assert re.search(r"oms: 0 steps played, \d{3} had been, 0 no longer fitted", printed("--fill"))


@pytest.mark.parametrize("option", ["--prepare", "--logins"])
def test_command__other_machines_can_reach_it__prints_nothing(oms: Demo, option: str) -> None:
    with AWAY, pytest.raises(CommandError, match="other machines"):
        printed(option)


def test_is_refused__demo_people_away_from_home__and_nobody_else(oms: Demo) -> None:
    katie, other = User.objects.get(email="katie@oms.com"), make.user("real")
    assert not passwords.is_refused(katie)
    with AWAY:
        assert passwords.is_refused(katie)
        assert not passwords.is_refused(other)
        assert people.sign_in_hint() is None


def test_hint__names_roles_and_no_password(oms: Demo) -> None:
    hint = people.sign_in_hint()
    assert hint is not None
    assert hint.people[0] == ("compliance-officer@oms.com", "Compliance officer")
    known = passwords.stored().values()
    assert not any(text in str(hint) for text in known)


def test_task__full__removes_its_schedule(oms: Demo, queue: None) -> None:
    tasks.start_filling(at=END)
    done: dict[str, Any] = tasks.fill()
    assert done == {"oms": 0, "newclient": 0}
    assert not Schedule.objects.filter(name=tasks.RESUME).exists()
