"""`tars tenants` and `tars staff` on the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from typer import Typer
from typer.testing import CliRunner, Result

from billing.budgets.models import Resource
from governance.errors import DomainError
from governance.identity.models import User
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tarsweb.cli import tenants
from tests import factories as make
from tests.installation import installation_of

APP = Typer()
tenants.register(APP)


def tars(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(APP, arguments, input=stdin)


def test_open__then_list_deactivate_and_reactivate(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    domain = f"{make.user('d').id.hex}.example"
    answer = tars("tenants", "open", "Fresh", "--tier", "pro", "--domain", domain, "--admin", "a@b.example", "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert Client().get(told["invitation_url"].partition("8000")[2]).status_code == 200
    with in_tenant(UUID(told["id"])):
        assert Resource.objects.get().total_budget == 2500
        entry = LedgerEntry.objects.get(action_name="tenants.open")
        assert entry.actor_name.startswith("operator of this machine (")
    assert tars("tenants", "deactivate", domain, "--reason", "Unpaid.").exit_code == 0
    (line,) = [one for one in json.loads(tars("tenants", "list", "--json").stdout) if one["id"] == told["id"]]
    assert (line["state"], line["deactivated_because"], line["max_users"]) == ("deactivated", "Unpaid.", 50)
    assert tars("tenants", "reactivate", told["id"], "--reason", "Paid.").exit_code == 0
    with pytest.raises(DomainError):
        raise tars("tenants", "reactivate", told["id"], "--reason", "Paid.").exception or AssertionError


@pytest.mark.parametrize(
    "arguments",
    [
        ("tenants", "open", "Fresh", "--tier", "gold"),
        ("tenants", "open", "Fresh", "--max-monthly-budget", "much"),
        ("tenants", "deactivate", "Nobody & Sons", "--reason", "x"),
        ("tenants", "deactivate", "Fresh"),
    ],
)
def test_wrong_use__exit_2(arguments: tuple[str, ...]) -> None:
    assert tars(*arguments).exit_code == 2


@pytest.fixture
def home() -> Iterator[Tenant]:
    """The one tenant of an installation."""
    tenant = make.tenant()
    with installation_of(tenant.id):
        yield tenant


def test_staff__somebody_new__gets_an_account_with_a_decent_password(home: Tenant) -> None:
    email = make.user("x").email.replace("x", "staff")
    assert tars("staff", "add", email).exit_code == 2, "no terminal to ask, no password given"
    assert tars("staff", "add", email, "--password-stdin", stdin="short\n").exit_code == 2
    answer = tars("staff", "add", email, "--name", "Stan", "--password-stdin", stdin="seven blue elephants\n")
    assert answer.exit_code == 0, answer.output
    user = User.objects.get(email=email)
    assert user.is_platform_staff and user.check_password("seven blue elephants")
    assert email in tars("staff", "list").stdout
    assert tars("staff", "remove", email).exit_code == 0
    user.refresh_from_db()
    assert not user.is_platform_staff and email not in tars("staff", "list", "--json").stdout
    with in_tenant(home.id):
        said = LedgerEntry.objects.filter(subject=email).order_by("sequence").values_list("action_name", flat=True)
        assert list(said) == ["identity.appoint_staff", "identity.dismiss_staff"]
