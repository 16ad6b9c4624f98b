"""`tars ledger` on the database."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from governance.audit.queries import explained, head
from governance.tenancy import in_tenant
from tarsweb.cli import ledger
from tests import factories as make
from tests.db.audit.superuser import superuser

APP = Typer()
ledger.register(APP)


def tars(*arguments: str) -> Result:
    return CliRunner().invoke(APP, ["ledger", *arguments])


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    make.applied(cast)
    return cast


def test_verify__tenant_by_id__verified(cast: make.Cast) -> None:
    answer = tars("verify", "--tenant", str(cast.tenant.id))
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("Verified:")


def test_verify__one_byte_changed_as_superuser__exit_1_and_the_entry_named(cast: make.Cast) -> None:
    with superuser() as raw:
        raw.execute(
            "UPDATE ledger_entries SET header = set_byte(header, 60, get_byte(header, 60) # 1) "
            "WHERE tenant_id = %s AND sequence = 5",
            [cast.tenant.id],
        )
    answer = tars("verify", "--tenant", str(cast.tenant.id), "--json")
    assert answer.exit_code == 1
    (told,) = json.loads(answer.stdout)["tenants"]
    assert told["findings"][0]["sequence"] == 5
    assert "do not match its hash" in told["findings"][0]["sentence"]


def test_verify__unknown_tenant__wrong_use() -> None:
    assert tars("verify", "--tenant", "Nobody & Sons").exit_code == 2


def test_export__file__verifies_alone(cast: make.Cast, tmp_path: Path) -> None:
    path = tmp_path / "oms.jsonl"
    written = tars("export", "--tenant", str(cast.tenant.id), "-o", str(path), "--json")
    assert written.exit_code == 0, written.output
    assert json.loads(written.stdout)["bytes"] == path.stat().st_size
    assert tars("verify", str(path)).exit_code == 0
    assert list(tmp_path.iterdir()) == [path]
    with in_tenant(cast.tenant.id):
        begun, ended = [explained(scope=cast.uma, sequence=head(cast.uma)[0] - back) for back in (1, 0)]
    assert begun.action == "audit.export_record" and "the command line" in begun.sentence
    assert f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" in ended.sentence


def test_export__folder_that_is_not_there__wrong_use(cast: make.Cast, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "oms.jsonl"
    assert tars("export", "--tenant", str(cast.tenant.id), "-o", str(missing)).exit_code == 2


def test_export__json_without_a_file__wrong_use() -> None:
    assert tars("export", "--json").exit_code == 2


def test_export__damaged_row__in_the_file_and_found_there(cast: make.Cast, tmp_path: Path) -> None:
    """An export of a damaged database hides nothing."""
    with superuser() as raw:
        raw.execute(
            "UPDATE ledger_entries SET openings = 'x'::bytea WHERE tenant_id = %s AND sequence = 6", [cast.tenant.id]
        )
    path = tmp_path / "bad.jsonl"
    assert tars("export", "--tenant", str(cast.tenant.id), "-o", str(path)).exit_code == 0
    answer = tars("verify", str(path))
    assert answer.exit_code == 1
    assert "Entry 6" in answer.stdout
    assert "the database it came from was damaged" in answer.stdout
