"""`tars policy import` prints what a file of law becomes, and needs no database."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from tarsweb.cli import policy, policy_import

app = typer.Typer()
policy.register(app)
policy_import.register(app)

CREDIT = Path(__file__).parents[1] / "governance" / "lawbook" / "data" / "credit.xml"


@app.callback()
def main() -> None:
    """A parent with one group, as in `tars`."""


def test_a_law_is_printed_with_what_was_left_out() -> None:
    said = CliRunner().invoke(app, ["policy", "import", str(CREDIT), "--format", "legalruleml"])
    assert said.exit_code == 0
    assert "ps2: person, licensed => [P] trade_credit" in said.stdout
    assert "# Not translated: 2" in said.stdout


def test_json() -> None:
    said = CliRunner().invoke(app, ["policy", "import", str(CREDIT), "--format", "legalruleml", "--json"])
    found = json.loads(said.stdout)
    assert set(found) == {"format", "title", "authority", "enacted_at", "clauses", "untranslated", "digest"}


def test_faults__each_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "gov.md"
    file.write_text("## 1 A\n\n```rules\nr1: a ==> b\n```\n\n## 1 B\n")
    said = CliRunner().invoke(app, ["policy", "import", str(file), "--format", "gov_md"])
    assert said.exit_code == 1
    assert said.stderr.splitlines()[0].startswith("line 4, column 9: ")
    assert len(said.stderr.splitlines()) == 2


def test_more_than_a_page_takes__refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rules"
    file.write_text("r1: => [P] x\n" + "\n" * 5 * 1024 * 1024)
    said = CliRunner().invoke(app, ["policy", "import", str(file), "--format", "rules"])
    assert said.exit_code == 1
    assert said.stderr == "The file has more than 5.0 MB, the most that is translated at once. Split it.\n"


def test_a_missing_file_or_an_unknown_format__wrong_use() -> None:
    assert CliRunner().invoke(app, ["policy", "import", "nowhere.md", "--format", "gov_md"]).exit_code == 2
    assert CliRunner().invoke(app, ["policy", "import", str(CREDIT), "--format", "pdf"]).exit_code == 2
