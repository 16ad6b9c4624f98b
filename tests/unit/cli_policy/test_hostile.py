"""Hostile files at the command line (`tars policy`): a sentence with a place or the rules' ids, exit code 1, at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from governance.constitution.schema import MAX_BYTES
from tarsweb.cli.policy import register

app = typer.Typer()
register(app)

TEN = 10_000
MUTUAL = "".join(f"r{i}: => [{'PF'[i % 2]}] x\n" for i in range(TEN))
LINE = "p0\n" + "".join(f"r{i}: p{i} => p{i + 1}\n" for i in range(TEN)) + f"z: p{TEN} => [P] x\n"
MANY = "".join(f"r{i}: amount > {i} => [F] act{i}\n" for i in range(60_000))
REFUSED = {
    "more than a law": (MANY, "The rules have more than 2,097,152 bytes, the most that a tenant's law may have."),
    "more JSON than a law": (f'{{"rules": [], "more": "{MANY}"}}', "The rules have more than 2,097,152 bytes"),
    "one word": ("x" * 2_000_000, "Line 1, column 100001: This line has more than 100,000 characters"),
    "a long word": (f"r1: => [P] {'x' * 501}\n", "Line 1, column 12: A word of more than 500 characters stands here"),
    "one line": (
        f"r1: {'a, ' * 600_000}b => c\n",
        "Line 1, column 100001: This line has more than 100,000 characters",
    ),
    "one statement": (
        "r1: a,\n" + " a, a, a, a, a, a, a, a,\n" * TEN,
        "Line 3126, column 1: This statement has more than 50,000",
    ),
    "parentheses": (
        f"r1: {'(' * TEN}1{')' * TEN} > 2 => [F] x\n",
        "Line 1, column 55: One comparison has at most 50 operators",
    ),
    "JSON depth": ("[" * TEN + "]" * TEN, "nested far too deeply"),
    "a line of rules": (LINE, "too_deep: Rules hang on each other 10001 deep, at most 10 are allowed: z → r9999"),
    "circular preferences": (
        "a: => [P] x\nb: => [F] x\na > b\nb > a\n",
        "circular_preferences: Preferences go round in a circle",
    ),
    "a longer circle": (
        "a: => p\nb: => ~p\nc: => p\na > b\nb > c\nc > a\n",
        "Preferences go round in a circle: a, b, c.",
    ),
    "mutual defeat": (MUTUAL, "too_many_conflicts: About x, 5000 rules of weight 500 stand against 5000"),
    "names that look alike": (
        "r1: => [P] pаyroll\nr2: => [F] payroll\n",
        "column 12: payroll looks like p(U+0430)yroll on line 1",
    ),
    "ids that look alike": (
        "gov/r1: => p\ngоv/r1: => q\n",
        "Line 2, column 1: g(U+043E)v/r1 looks like gov/r1 on line 1",
    ),
    "hidden direction": ("r1: => [P] pay\u202eroll\n", "Line 1, column 15: U+202E changes the direction"),
    "a control character": ("r1: => [P] x\0\n", "Line 1, column 13: The control character U+0000"),
    "no UTF-8": (b"r1: => [P] \xe9t\n", "Byte 11 is not UTF-8"),
}
FACTS = {
    "NaN": ('{"amount": NaN}', "At /amount: JSON has no NaN"),
    "a key twice": ('{"amount": 1, "amount": 900}', "At /amount: this key comes twice"),
    "a large number": ('{"amount": 1e400}', "At /amount: JSON has no NaN, no infinity and no number beyond"),
    "depth": ('{"a":' * TEN + "1" + "}" * TEN, "nested far too deeply"),
}
DENIED = {"mutual defeat": MUTUAL, "a line of rules": LINE}


def written(folder: Path, text: str | bytes) -> str:
    path = folder / "rules"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("name", REFUSED)
def test_check__hostile_rules__exit_1_with_a_sentence_that_says_where(tmp_path: Path, name: str) -> None:
    text, sentence = REFUSED[name]
    begun = time.monotonic()
    result = CliRunner().invoke(app, ["policy", "check", written(tmp_path, text)])
    assert (result.exit_code, sentence in result.output) == (1, True), result.output[:500]
    assert time.monotonic() - begun < 10


def test_check__as_much_as_a_law_may_have__is_read(tmp_path: Path) -> None:
    text = "r1: => [P] x\n"
    rules = written(tmp_path, text + "#" * 99 + "\n" + ("\n" * (MAX_BYTES - len(text) - 100)))
    result = CliRunner().invoke(app, ["policy", "check", rules])
    assert (result.exit_code, Path(rules).stat().st_size) == (0, MAX_BYTES), result.output[:500]


@pytest.mark.parametrize("asked", ["--rules", "--lines"])
def test_decide__more_than_a_law__exit_1_before_it_is_read(tmp_path: Path, asked: str) -> None:
    rules = ["--rules", written(tmp_path, MANY)]
    question = ["--action", "x"] if asked == "--rules" else ["--lines", "-"]
    result = CliRunner().invoke(app, ["policy", "decide", *rules, *question], input="")
    assert (result.exit_code, "The rules have more than 2,097,152 bytes" in result.output) == (1, True)


def test_decide__a_line_with_more_rules_than_a_law__an_error_and_the_next_line_is_answered() -> None:
    lines = "\n".join(json.dumps({"rules_text": rules, "action": "act1"}) for rules in (MANY, "r1: => [P] act1"))
    result = CliRunner().invoke(app, ["policy", "decide", "--lines", "-"], input=lines)
    first, second = map(json.loads, result.stdout.splitlines())
    assert "A line with rules of its own has at most 2,097,152 bytes" in str(first["error"])
    assert second["outcome"] == "permit"


def test_conclude__more_than_a_law__is_answered_up_to_ten_megabytes(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["policy", "conclude", "--json", written(tmp_path, MANY)])
    assert (result.exit_code, json.loads(result.stdout)["obligations"]) == (0, [])
    result = CliRunner().invoke(app, ["policy", "conclude", written(tmp_path, MANY * 5)])
    assert (result.exit_code, "The text has 10,485,761 bytes; at most 10,485,760" in result.output) == (1, True)


@pytest.mark.parametrize("name", FACTS)
def test_decide__hostile_facts__exit_1_with_a_pointer(tmp_path: Path, name: str) -> None:
    text, sentence = FACTS[name]
    facts = tmp_path / "facts.json"
    facts.write_text(text)
    rules = written(tmp_path, "r1: => [P] x\n")
    result = CliRunner().invoke(app, ["policy", "decide", "--rules", rules, "--facts", str(facts), "--action", "x"])
    assert (result.exit_code, sentence in result.output) == (1, True), result.output[:500]


@pytest.mark.parametrize("name", DENIED)
def test_decide__too_much_to_decide__denied_with_a_reason(tmp_path: Path, name: str) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text("{}")
    rules = written(tmp_path, DENIED[name])
    result = CliRunner().invoke(app, ["policy", "decide", "--rules", rules, "--facts", str(facts), "--action", "x"])
    assert (result.exit_code, "deny: " in result.output) == (0, True), result.output[:500]
    assert "too much to decide" in result.output


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read the peak from")
def test_conclude__ten_megabytes_in_one_line__little_memory(tmp_path: Path) -> None:
    # the process's own peak; getrusage counts what the parent held when it forked
    code = (
        "import pathlib\nfrom tarsweb.cli.policy import app\n"
        "try:\n    app()\nfinally:\n    print(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", code, "conclude", written(tmp_path, "a, " * 3_400_000)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Line 1, column 100001" in done.stderr
    assert int(done.stdout.split()[-1]) < 250 * 1024
