"""`tars constitution` on the database, with the commands and the output of seeds/003."""

from __future__ import annotations

import json

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from governance.errors import DomainError
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tarsweb.cli import constitution, remote
from tests import factories as make
from tests.db.rulebook.sessions import agent

APP = Typer()
remote.register(APP)
constitution.register(APP)


def tars(cast: make.Cast, *arguments: str, code: int = 0) -> Result:
    answer = CliRunner().invoke(APP, ["constitution", *arguments], env={"TARS_TENANT": str(cast.tenant.id)})
    assert answer.exit_code == code, (answer.output, answer.exception)
    return answer


def test_commands__of_the_seed__add_show_and_reset() -> None:
    cast = make.cast()
    for rule in ("no external API calls", "use TypeScript strict mode", "prefer unit tests over integration tests"):
        tars(cast, "update", "session-123", rule)
    assert tars(cast, "get", "session-123").stdout == (
        "Constitution Rules for Session: session-123\n"
        "==========================================\n"
        "1. no external API calls\n"
        "2. use TypeScript strict mode\n"
        "3. prefer unit tests over integration tests\n"
        "\n"
        "Total rules: 3\n"
        "\n"
        "Enforced:\n"
        "  1. forbids network.*, api.*, http.* when external\n"
        "Guidance for the agent: 2, 3\n"
    )
    assert tars(cast, "reset", "session-123").stdout == "The session session-123 was reset. It holds no rules now.\n"
    assert "Total rules: 0" in tars(cast, "get", "session-123").stdout


def test_update__says_what_it_is_and_who_typed_is_recorded() -> None:
    cast = make.cast()
    first = tars(cast, "update", "dev-session-1", "no network calls").stdout
    assert first == "Added to dev-session-1: no network calls (enforced, forbids network.*, api.*, http.*).\n"
    assert tars(cast, "update", "dev-session-1", "no network calls").stdout.startswith("Already in dev-session-1")
    assert "(guidance for the agent)" in tars(cast, "update", "dev-session-1", "cleanup after each test").stdout
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.filter(action_name="sessions.update").first()
        assert entry is not None and entry.actor_name.startswith("operator of this machine (")


def test_get__begins_the_hour_anew_and_a_peek_does_not() -> None:
    cast = make.cast()
    tars(cast, "update", "s", "no network calls")
    before, peeked = (json.loads(tars(cast, "get", "s", "--peek", "--json").stdout) for _ in range(2))
    assert (peeked["touched"], peeked["accessed_at"]) == (False, before["accessed_at"])
    seen = json.loads(tars(cast, "get", "s", "--json").stdout)
    assert seen["touched"] and seen["accessed_at"] > before["accessed_at"]


def test_list__really_lists() -> None:
    cast = make.cast()
    assert tars(cast, "list").stdout == ""
    tars(cast, "update", "a", "no network calls")
    tars(cast, "update", "a", "be brief")
    tars(cast, "update", "b", "be brief")
    lines = tars(cast, "list").stdout.splitlines()
    assert lines[0].split("  ")[0] == "Session" and [line.split()[:4] for line in lines[1:]] == [
        ["a", "2", "1", "1"],
        ["b", "1", "0", "1"],
    ]
    assert [row["name"] for row in json.loads(tars(cast, "list", "--json").stdout)] == ["a", "b"]


def test_revoke_and_extend__by_number() -> None:
    cast = make.cast()
    tars(cast, "reset", "s", "no network calls", "be brief")
    assert "lives until" in tars(cast, "extend", "s", "2", "--minutes", "15").stdout
    assert tars(cast, "revoke", "s", "1").stdout == "Revoked in s: no network calls\n"
    assert tars(cast, "revoke", "s", "7", code=2).stdout == ""
    tars(cast, "extend", "s", "1", "--minutes", "7", code=2)
    before = json.loads(tars(cast, "get", "s", "--peek", "--json").stdout)
    left = json.loads(tars(cast, "revoke", "s", "1", "--json").stdout)
    assert (left["touched"], left["accessed_at"], left["total"]) == (False, before["accessed_at"], 0)


def test_refused__sentence_and_exit_code_1() -> None:
    cast = make.cast()
    for arguments in (("update", "a b", "x"), ("update", "s", ""), ("update", "s", "x" * 501)):
        with pytest.raises(DomainError):
            raise tars(cast, *arguments, code=1).exception or AssertionError


def test_tenant__unknown_or_not_named__wrong_use() -> None:
    cast = make.cast()
    make.stranger()
    tars(cast, "list", "--tenant", "Nobody & Sons", code=2)
    assert CliRunner().invoke(APP, ["constitution", "list"]).exit_code == 2


def test_agent__and_the_person_at_the_machine__see_the_same_session() -> None:
    cast = make.cast()
    assert agent(cast).tenant_id == cast.tenant.id
    made = json.loads(tars(cast, "update", "s", "no payroll.*", "--system", "clay-consigliere", "--json").stdout)
    assert made["is_new"] and made["rule"]["rules"].startswith("session/s/1:")
    assert json.loads(tars(cast, "get", "s", "--json").stdout)["system"] == "clay-consigliere"
