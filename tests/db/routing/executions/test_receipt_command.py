"""`tars ledger verify --receipt` judges a file by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from governance.tenancy import in_tenant
from routing.executions import queries
from tarsweb.cli import ledger
from tests import factories as make
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")


def test_receipt__genuine_then_tampered_then_another_key(tmp_path: Path) -> None:
    cast = make.cast()
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    with in_tenant(cast.tenant.id):
        document = queries.receipt(scope=cast.mel, id=done.id).as_json()
    app, file = Typer(), tmp_path / "receipt.json"
    ledger.register(app)
    file.write_text(json.dumps(document))
    asked = ["ledger", "verify", "--receipt", str(file)]
    good = CliRunner().invoke(app, asked)
    assert good.exit_code == 0 and good.stdout.startswith("Genuine") and "Not established:" in good.stdout
    assert CliRunner().invoke(app, [*asked, "--key", document["signer"], "--json"]).exit_code == 0
    assert CliRunner().invoke(app, [*asked, "--key", "did:key:zOther"]).exit_code == 1
    file.write_text(json.dumps({**document, "signature": "00" * 64}))
    assert CliRunner().invoke(app, asked).exit_code == 1
    file.write_text("nothing")
    assert CliRunner().invoke(app, asked).exit_code == 2
