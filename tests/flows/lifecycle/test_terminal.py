"""`tars archive` against the real API and this machine's store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from governance.scope import Capability
from tarsweb import client
from tarsweb.cli import app
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import cast
from tests.flows.api.programs import issued
from tests.flows.api.test_client import SERVER, connected

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_terminal__lists_and_brings_back(cast: make.Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "Tars", lambda server, *, token: connected(token))
    archive, (made,) = old.archived(cast)
    file = tmp_path / "token"
    file.write_text(issued(cast.bo, Capability.READ_RECORD, Capability.RESTORE).secret)
    before = ("--server", SERVER, "--token-file", str(file), "archive")
    assert str(archive.id) in _run(*before, "list").stdout
    assert json.loads(_run(*before, "list", "--json").stdout)[0]["digest"] == archive.digest
    assert "is back, as it was." in _run(*before, "restore", str(made.id)).stdout
    again = _run(*before, "restore", str(made.id))
    assert again.exit_code == 1 and old.state(cast.bo, made.id) == "HOT"


def test_terminal__verifies_files_with_and_without_the_database(cast: make.Cast) -> None:
    archive, _ = old.archived(cast)
    (file,) = old.files(cast)
    tenant = ("archive", "verify", "--tenant", str(cast.tenant.id))
    whole = _run(*tenant)
    assert whole.exit_code == 0 and "1 files, 1 executions away, whole." in whole.stdout
    alone = _run("archive", "verify", str(file), "--digest", archive.digest)
    assert alone.exit_code == 0 and "Whole: 1 executions" in alone.stdout and archive.digest in alone.stdout
    assert _run("archive", "verify", str(file), "--digest", "sha256:0").exit_code == 1
    assert _run("archive", "verify", str(file), "--tenant", "x").exit_code == 2
    assert _run("archive", "verify", str(file) + ".gone").exit_code == 2
    file.write_bytes(file.read_bytes()[:-4])
    assert json.loads(_run("archive", "verify", str(file), "--json").stdout)["is_whole"] is False
    broken = _run(*tenant, "--json")
    assert broken.exit_code == 1 and json.loads(broken.stdout)["tenants"][0]["faults"]


def test_terminal__copies_a_folder_into_the_store__what_is_there_is_left(cast: make.Cast, tmp_path: Path) -> None:
    old.archived(cast)
    (file,) = old.files(cast)
    elsewhere = tmp_path / "elsewhere"
    file.parent.parent.rename(elsewhere)
    words = ("archive", "copy", str(elsewhere), "--tenant", str(cast.tenant.id))
    assert "1 files copied, 0 were there." in _run(*words).stdout
    assert "0 files copied, 1 were there." in _run(*words).stdout and file.is_file()
    assert _run("archive", "copy", str(tmp_path / "nowhere")).exit_code == 2
    file.unlink()
    (elsewhere / str(cast.tenant.id) / file.name).unlink()
    missing = _run(*words)
    assert missing.exit_code == 1 and "and not in the store" in missing.stdout
