"""Files that are no exports, and exports that were touched in known ways."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from governance.audit.export import read
from governance.audit.records import Entry
from governance.audit.verify import verify
from governance.canonical import canonical_bytes, digest
from tests.unit.governance.audit.packs import PACK, checked, lines, trailer


def tars(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line without a data folder, so that nothing of Django could start."""
    code = "import sys; sys.modules['django'] = None\nfrom tarsweb.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_command__whole_export__verified_without_django() -> None:
    answer = tars("ledger", "verify", str(PACK))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("Verified: 27 entries of OMS Consulting.")
    assert "Not established by this record alone:" in answer.stdout


def test_command__json__one_object() -> None:
    answer = json.loads(tars("ledger", "verify", str(PACK), "--json").stdout)
    assert answer["verified"] is True
    assert answer["tenants"][0]["counts"]["entry"] == 27


def test_command__changed_export__names_the_entry(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(PACK.read_bytes().replace(b"It made things worse.", b"It made things wurse."))
    answer = tars("ledger", "verify", str(bad))
    assert answer.returncode == 1
    assert "(amendments.roll_back of AMD-1)" in answer.stdout
    assert "/action/why is not what was signed" in answer.stdout


def test_command__known_key__established_or_named() -> None:
    root = next(record.signer for record in read(PACK) if isinstance(record, Entry))
    assert "begins with the key you named" in tars("ledger", "verify", str(PACK), "--key", root).stdout
    other = tars("ledger", "verify", str(PACK), "--key", "did:key:z6Mk")
    assert other.returncode == 1
    assert "not with the one you named" in other.stdout


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"\x00\xff" * 50, b'{"record":"manifest"}\n'])
def test_command__no_export__wrong_use(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    answer = tars("ledger", "verify", str(path))
    assert answer.returncode == 2
    assert "is not an export of a TARS ledger" in answer.stderr


def test_command__missing_file_or_folder__wrong_use(tmp_path: Path) -> None:
    assert tars("ledger", "verify", str(tmp_path / "none")).returncode == 2
    assert tars("ledger", "verify", str(tmp_path)).returncode == 2
    assert tars("ledger", "verify", str(PACK), "--tenant", "x").returncode == 2


def test_cut_tail__repaired_by_a_forger__passes_and_the_report_says_that_it_would() -> None:
    """What a file alone cannot show is said, not hidden: the head must be compared with one kept elsewhere."""
    pack = lines()
    entries = [number for number, line in enumerate(pack) if b'"record":"entry"' in line]
    del pack[entries[-1]]
    last = json.loads(pack[entries[-2]])
    manifest = {name: value for name, value in json.loads(pack[0]).items() if name != "digest"}
    manifest["head"] = {"sequence": last["sequence"], "entry_hash": last["entry_hash"]}
    pack[0] = canonical_bytes({**manifest, "digest": digest(manifest)}) + b"\n"
    report = checked([*pack[:-1], trailer(pack[:-1])])
    assert report.is_verified, [str(finding) for finding in report.findings]
    assert "nothing was cut off at the end" in report.not_established[0]
    assert last["entry_hash"] in report.not_established[0]


def test_deep_line__refused_without_a_crash() -> None:
    pack = lines()
    pack[5] = b'{"record":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    report = checked(pack)
    assert any(finding.line == 6 for finding in report.findings)


def test_entry_of_another_tenant__named() -> None:
    pack = lines()
    number = next(index for index, line in enumerate(pack) if b'"record":"entry"' in line)
    document = json.loads(pack[number + 3])
    document["tenant_id"] = "01a19b7c-0000-7000-8000-000000000000"
    pack[number + 3] = canonical_bytes(document, max_depth=96) + b"\n"
    codes = {finding.code for finding in checked(pack).findings if finding.sequence == 4}
    assert {"tenant", "hash"} <= codes


def test_findings__a_flood_of_garbage__bounded() -> None:
    pack = [lines()[0], *(b"{}\n" for _ in range(5000))]
    report = checked(pack)
    assert report.finding_count > 5000
    assert len(report.findings) == 1000
    assert report.left_out == report.finding_count - 1000


def test_read__is_lazy__memory_does_not_follow_the_file() -> None:
    records = read(PACK)
    assert next(records).KIND == "chain"
    records.close()  # type: ignore[attr-defined]


def test_verify__nothing_at_all__not_verified() -> None:
    assert not verify([]).is_verified
