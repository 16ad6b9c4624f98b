"""`tars ledger verify --receipt` judges a file by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer import Typer
from typer.testing import CliRunner

from governance import canonical
from governance.keys.did import did_of
from governance.tenancy import in_tenant
from routing.executions import queries
from routing.executions.receipt import WHOSE, signed_message
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
    assert good.exit_code == 0 and good.stdout.startswith("Unchanged since it was signed") and WHOSE in good.stdout
    named = CliRunner().invoke(app, [*asked, "--key", document["signer"]])
    assert named.exit_code == 0 and named.stdout.startswith("Genuine") and WHOSE not in named.stdout
    assert CliRunner().invoke(app, [*asked, "--key", document["signer"], "--json"]).exit_code == 0
    assert CliRunner().invoke(app, [*asked, "--key", "did:key:zOther"]).exit_code == 1
    file.write_text(json.dumps({**document, "signature": "00" * 64}))
    assert CliRunner().invoke(app, asked).exit_code == 1
    file.write_text("nothing")
    assert CliRunner().invoke(app, asked).exit_code == 2


def test_receipt__forged_whole_with_another_key__is_genuine_of_nobody_s(tmp_path: Path) -> None:
    cast = make.cast()
    desk.agent(cast, "payroll")
    done = desk.done(cast.mel, "Run payroll", system="payroll")
    with in_tenant(cast.tenant.id):
        document = queries.receipt(scope=cast.mel, id=done.id).as_json()
    forger = Ed25519PrivateKey.generate()
    signer = did_of(forger.public_key().public_bytes_raw())
    said = canonical.canonical_bytes({**json.loads(document["statement"]), "cost_usd": "0", "signer": signer})
    forged = {
        "statement": said.decode(),
        "digest": canonical.digest_bytes(said),
        "signer": signer,
        "signature": forger.sign(signed_message(said)).hex(),
        "anchor": None,
    }
    app, file = Typer(), tmp_path / "receipt.json"
    ledger.register(app)
    file.write_text(json.dumps(forged))
    asked = ["ledger", "verify", "--receipt", str(file)]
    alone = CliRunner().invoke(app, asked)
    assert alone.stdout.startswith("Unchanged since it was signed") and WHOSE in alone.stdout
    named = CliRunner().invoke(app, [*asked, "--key", document["signer"]])
    assert named.exit_code == 1 and "another key" in named.stdout
