"""`tars run`, `follow` and `receipt` against the real API: the whole road from a shell, and what it leaves in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import stamina
from typer.testing import CliRunner

from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.web import now
from routing.executions import work
from routing.executions.models import ExecutionRequest
from routing.executions.sealing import seal_receipts
from tarsweb import client
from tarsweb.cli import app
from tarsweb.client import following
from tests import factories as make
from tests.db.routing.executions import desk
from tests.flows.api.programs import issued
from tests.flows.api.test_client import SERVER, connected
from tests.flows.executions.office import get, handed_in, post, worked

Remote = Callable[..., Any]


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.fixture
def remote(cast: make.Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Remote]:
    """`tars` with a token of a scope; whenever it would wait, the runner takes a turn instead."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(client, "Tars", lambda server, *, token: connected(token))
    monkeypatch.setattr(following, "sleep", lambda _seconds: _turn(cast))

    def run(scope: Scope, *words: str, held: tuple[Capability, ...] = (Capability.REQUEST,)) -> Any:
        Path("token").write_text(issued(scope, *held).secret)
        return CliRunner().invoke(app, ["--server", SERVER, "--token-file", "token", *words])

    with stamina.set_testing(True, attempts=1):
        yield run


def _turn(cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        ids = list(ExecutionRequest.objects.filter(tenant_id=cast.tenant.id).values_list("id", flat=True))
    for id in ids:
        work.advance(tenant_id=cast.tenant.id, request_id=id, clock=now)


def test_run__the_whole_road__and_the_receipt_in_a_file(cast: make.Cast, remote: Remote, tmp_path: Path) -> None:
    agent = desk.agent(cast, "payroll", lambda call, told: (told(40, "Half way"), {"paid": call.input["month"]})[1])
    words = ("run", "--session", "s-1", "--system", "payroll", "--input", '{"month": "May"}', "Run payroll")
    ran = remote(cast.bo, *words)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {"paid": "May"} and agent.calls[0].session == "s-1"
    for step in ("received", "routed", "verdict", "called", "receipt"):
        assert f"  {step}" in ran.stderr
    id = ran.stderr.split(" ", 1)[0]
    assert f"Receipt {id} (sha256:" in ran.stderr
    assert "within a minute" in remote(cast.bo, "receipt", id, "--out", "receipt.json").stderr
    seal_receipts(scope=cast.tars, at=make.later(30))
    assert remote(cast.bo, "receipt", id, "--out", "receipt.json").exit_code == 0
    _judged(tmp_path / "receipt.json")


def _judged(file: Path) -> None:
    """What was taken away is genuine by itself; changed anywhere it shows nothing, and says so."""

    def judge(*more: str) -> Any:
        return CliRunner().invoke(app, ["ledger", "verify", "--receipt", str(file), *more])

    good, document = judge(), json.loads(file.read_text())
    assert good.exit_code == 0 and "in ledger entry" in good.stdout
    assert good.stdout.startswith("Unchanged since it was signed: execution"), "whose key it is, the file cannot say"
    assert judge("--key", document["signer"]).stdout.startswith("Genuine: execution")
    assert "That the answer is right" in good.stdout
    statement = document["statement"]
    for wrong in (
        {"statement": statement.replace('"success"', '"failed"')},
        {"statement": statement.replace("payroll", "payrolI")},
        {"digest": "sha256:" + "0" * 64},
        {"anchor": {**document["anchor"], "root": "00" * 32}},
    ):
        file.write_text(json.dumps({**document, **wrong}))
        bad = judge()
        assert bad.exit_code == 1 and bad.stdout.startswith("Not genuine: "), bad.output
        assert "Established: nothing." in bad.stdout and "Not established:\n  That the answer is right" in bad.stdout


def test_run__as_json__is_the_execution_alone_on_standard_output(cast: make.Cast, remote: Remote) -> None:
    desk.agent(cast, "payroll")
    ran = remote(cast.mel, "run", "--json", "--system", "payroll", "--action", "audit", "Look at it")
    found = json.loads(ran.stdout)
    assert (ran.exit_code, found["status"], found["action"]) == (0, "success", "audit")


def test_run__again_under_its_key__is_one_request(cast: make.Cast, remote: Remote) -> None:
    agent = desk.agent(cast, "payroll")
    for _ in range(2):
        assert remote(cast.mel, "run", "--key", "monthly", "--system", "payroll", "Run payroll").exit_code == 0
    assert len(agent.calls) == 1


def test_run__each_end_has_its_own_exit_code(cast: make.Cast, remote: Remote) -> None:
    def fails(call: Any, _told: Any) -> Any:
        raise RuntimeError("no disk")

    desk.agent(cast, "breaks", fails)
    desk.agent(cast, "payroll", approvals=("audit",))
    broken = remote(cast.mel, "run", "--system", "breaks", "Run payroll")
    assert broken.exit_code == 1 and broken.stdout == "" and "Receipt " in broken.stderr
    blocked = remote(cast.mel, "run", "--system", "payroll", "--action", "fly", "Fly")
    assert blocked.exit_code == 3 and "fly" in blocked.stderr
    waits = remote(cast.mel, "run", "--system", "payroll", "Audit payroll")
    assert waits.exit_code == 4 and "/executions/" in waits.stderr
    id = waits.stderr.split(" ", 1)[0]
    digest = get(cast.bo, f"{id}/").json()["question"]["digest"]
    assert post(cast.bo, f"{id}/approve/", digest=digest, password=make.PASSWORD).status_code == 200
    assert remote(cast.mel, "follow", id).exit_code == 0
    assert remote(cast.mel, "run", "--wait", "0", "--system", "payroll", "Run payroll").exit_code == 5


def test_run__refused_and_wrong_use(cast: make.Cast, remote: Remote) -> None:
    refused = remote(cast.bo, "run", "Run payroll", held=(Capability.READ_RECORD, Capability.ASK))
    assert refused.exit_code == 1 and "request" in str(refused.exception)
    assert remote(cast.bo, "run", "--input", "{", "Run payroll").exit_code == 2
    assert remote(cast.bo, "run", "--input", "@none.json", "Run payroll").exit_code == 2
    assert remote(cast.bo, "run").exit_code == 2


def test_follow_and_receipt__of_another_tenant_s__is_not_found(cast: make.Cast, remote: Remote) -> None:
    id = handed_in(cast.mel)
    worked(cast.mel, UUID(id))
    for command in ("follow", "receipt"):
        assert "no such execution" in str(
            remote(make.stranger(), command, id, held=(Capability.READ_RECORD,)).exception
        )
