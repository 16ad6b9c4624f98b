"""`tars drift scan` as a person or a program meets it: one process each, no database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tarsweb.cli import app


def said(*options: str, given: str | None = None) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["drift", "scan", *options], input=given)
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def shifted(tmp_path: Path) -> Path:
    chance = np.random.default_rng(3)
    values = np.concatenate((chance.normal(size=600), chance.normal(1.5, size=400)))
    rows = "\n".join(f"{number},{value!r}" for number, value in enumerate(values.tolist()))
    (tmp_path / "stream.csv").write_text(f"\ufeffrow,ms\n{rows}\n\n", encoding="utf-8")
    return tmp_path / "stream.csv"


def test_scan__answers_alarms_states_and_n__the_same_from_a_file_and_from_stdin(shifted: Path) -> None:
    code, out, _ = said("--csv", str(shifted), "--column", "ms", "--json")
    answer = json.loads(out)
    assert code == 0 and list(answer) == ["alarms", "states", "n"] and answer["n"] == 1_000
    assert 600 <= answer["alarms"][0] < 625
    assert [state for _, state in answer["states"]][:2] == ["MONITOR", "HOLD"]
    command = [sys.executable, "-m", "tarsweb.cli", "drift", "scan", "--csv", "-", "--column", "ms", "--json"]
    done = subprocess.run(command, input=shifted.read_bytes(), capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout) == answer
    _, text, _ = said("--csv", str(shifted), "--column", "ms")
    assert text.startswith("1,000 rows, 1 alarm.\nRow 6")


def test_scan__imports_neither_django_nor_scipy(shifted: Path) -> None:
    code = (
        "import sys; from tarsweb.cli import app\n"
        f"app(['drift', 'scan', '--csv', {str(shifted)!r}, '--column', 'ms', '--detector', 'ks'], standalone_mode=False)\n"
        "assert not {'django', 'scipy', 'psycopg'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no column ms: it has a, b"),
        ("ms,ms\n1,2\n", "more than one column ms"),
        ("ms\n1\nsoon\n", "Row 1: 'soon' is not a number"),
        ("ms\nnan\n", "Row 0: 'nan'"),
        ("ms\n1e999\n", "Row 0: '1e999'"),
        ("ms\n-inf\n", "Row 0: '-inf'"),
        ("a,ms\n1,\n", "an empty cell"),
        ("a,ms\n1,2\n3\n", "Row 1 has no such column"),
        ("ms\n1\n\n2\n", "Row 1 has no such column"),
        ("ms\n" + "9" * 200_000 + "\n", "no CSV"),
        ("ms\n" + "x" * 500 + "\n", "x…"),
    ],
)
def test_scan__a_file_that_holds_no_stream__is_refused_with_its_row(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    code, out, err = said("--csv", str(tmp_path / "in.csv"), "--column", "ms", "--json")
    assert (code, out) == (1, "") and sentence in err


def test_scan__not_utf8__refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"ms\n1\n\xff\xfe\n")
    code, _, err = said("--csv", str(tmp_path / "in.csv"), "--column", "ms")
    assert code == 1 and "UTF-8" in err


def test_scan__a_header_alone__has_nothing_in_it() -> None:
    code, out, _ = said("--lines", "-", given='{"values": []}\n')
    assert code == 0 and json.loads(out) == {"alarms": [], "states": [], "n": 0}


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--csv", "x.csv"),
        ("--column", "ms"),
        ("--csv", "missing.csv", "--column", "ms"),
        ("--csv", "x.csv", "--column", "ms", "--detector", "guess"),
        ("--csv", "x.csv", "--column", "ms", "--threshold", "0"),
        ("--csv", "x.csv", "--column", "ms", "--minutes-per-row", "nan"),
        ("--csv", "x.csv", "--lines", "y"),
    ],
)
def test_scan__wrong_use__is_exit_2(options: tuple[str, ...]) -> None:
    code, out, err = said(*options)
    assert (code, out) == (2, "") and err


def test_scan__lines__one_answer_each_in_order_and_a_bad_one_is_answered() -> None:
    cases = [
        {"values": [float(number % 7) for number in range(300)]},
        {"values": [1, None]},
        {"values": "1, 2"},
        {"values": [0.0] * 300, "detector": "always"},
        {"values": [1], "detector": "guess"},
        {"values": [1], "threshold": True},
        {"values": [1], "minutes_per_row": 0},
        {"values": [10**400]},
    ]
    code, out, _ = said("--lines", "-", given="".join(json.dumps(case) + "\n" for case in cases) + "no json\n")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and len(answers) == 9
    assert answers[0] == {"alarms": [], "states": [], "n": 300}
    assert answers[3]["alarms"] == [99, 199, 299]
    assert all("error" in answers[place] for place in (1, 2, 4, 5, 6, 7, 8))
