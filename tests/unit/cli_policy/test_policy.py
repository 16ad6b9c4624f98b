"""`tars policy` as a person or a script uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tarsweb.cli.policy import register

app = typer.Typer()
register(app)


@app.callback()
def main() -> None:
    """A parent with one group, as in `tars`."""


LAW = """
r1: => [P] upload
r2: amount > 500 => [F] upload (weight legal, source "gov.md 7.3")
r3: upload => [O] approved(upload, officer) (weight constitution)
"""
NIXON = {
    "facts": ["quaker", "republican"],
    "rules": [
        {"id": "r1", "type": "defeasible", "body": ["quaker"], "head": "pacifist"},
        {"id": "r2", "type": "defeasible", "body": ["republican"], "head": "~pacifist"},
    ],
    "superiority": [["r1", "r2"]],
}
Write = Callable[[str, Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, content: Any) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


def tars(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["policy", *arguments], input=stdin)


def answers(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_conclude__json_and_text__by_content_and_from_standard_input(write: Write) -> None:
    as_text = b"quaker, republican\nr1: quaker => pacifist\nr2: republican => ~pacifist\nr1 > r2\n"
    expected = {
        "+D": ["quaker", "republican"],
        "-D": ["pacifist", "~pacifist", "~quaker", "~republican"],
        "+d": ["pacifist", "quaker", "republican"],
        "-d": ["~pacifist", "~quaker", "~republican"],
    }
    assert answers(tars("conclude", "--json", write("nixon", json.dumps(NIXON)))) == [expected]
    assert answers(tars("conclude", "--json", "-", stdin=as_text)) == [expected]


def test_conclude__table__has_a_row_for_each_literal(write: Write) -> None:
    result = tars("conclude", write("a.txt", "~pay\nr1: => [O] pay\nr2: loop => loop\n"))
    assert result.stdout.splitlines() == [
        "literal  certain     holds       obligatory  permitted   broken",
        "loop     no          open        no          no",
        "pay      no          no          yes         yes         yes",
        "~loop    no          no          no          no",
        "~pay     yes         yes         no          no",
        "Broken beyond repair: r1",
    ]


def test_conclude__lines__one_answer_each_and_a_bad_one_does_not_stop_the_rest() -> None:
    kinds = {"facts": ["a"], "rules": [{"id": "r", "kind": "constitutive", "body": ["a"], "head": ["b"]}]}
    lines = [json.dumps(kinds), json.dumps("a b"), "{", json.dumps(NIXON | {"rules": 3}), json.dumps("a\nr: a => b")]
    first, second, third, fourth, fifth = answers(tars("conclude", "--lines", stdin="\n".join(lines).encode()))
    assert first == {
        "facts_derived": ["a", "b"],
        "obligations": [],
        "permissions": [],
        "violations": [],
        "terminal_violations": [],
    }
    assert second["problems"][0]["pointer"] == "line 1, column 3"
    assert third["kind"] == "syntax"
    assert fourth["problems"][0]["pointer"] == "/rules"
    assert fifth["+d"] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"r1: a", "Line 1, column 6"),
        (b"\xff", "UTF-8"),
        (b"[1]", "object"),
        (b"{" * 100_000, "JSON"),
        (b"a" * 10_485_761, "bytes"),
    ],
)
def test_conclude__unreadable__exit_1_with_a_sentence_and_nothing_on_stdout(
    write: Write, content: bytes, words: str
) -> None:
    result = tars("conclude", write("bad", content))
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr


def test_decide__denial__is_an_answer_with_its_reasons(write: Write) -> None:
    rules, facts = write("law.txt", LAW), write("facts.json", '{"amount": 600}')
    result = tars("decide", "--rules", rules, "--facts", facts, "--action", "upload")
    assert result.exit_code == 0
    assert result.stdout.startswith("deny: ")
    assert "gov.md 7.3" in result.stdout
    assert "r1: [P] upload, by r2 (weight 800 over 500)" in result.stdout
    (verdict,) = answers(tars("decide", "--rules", rules, "--facts", facts, "--action", "upload", "--json"))
    assert (verdict["outcome"], verdict["because"][0]["rule"]) == ("deny", "r2")


def test_decide__at_and_bearer__choose_the_rules_that_count(write: Write) -> None:
    rules = write("law.txt", 'r1: => [P] pay (until "2026-06-01")\nr2: => [F] pay (bearer "clay-*", weight legal)')
    asked = ["decide", "--json", "--rules", rules, "--action", "pay"]
    outcomes = [
        answers(tars(*asked, "--at", at, "--bearer", bearer))[0]["outcome"]
        for at, bearer in [("2026-05-01", ""), ("2026-06-01", ""), ("2026-05-01T00:00:00+02:00", "clay-consigliere")]
    ]
    assert outcomes == ["permit", "deny", "deny"]


def test_decide__lines__each_with_its_rules_or_those_of_the_command(write: Write) -> None:
    theory = {"rules": [{"id": "r", "kind": "permissive", "body": [], "head": ["read"]}]}
    lines = [
        {"rules_text": "r1: => [P] read", "facts": {}, "action": "read", "at": "2026-01-01"},
        {"rules": theory, "action": "read"},
        {"facts": {"amount": 600}, "action": "upload"},
        {"facts": ["amount(1)"], "action": "upload", "at": "soon"},
        {"facts": ["amount(1)"], "action": "upload"},
        {"facts": {}},
    ]
    stdin = "\n".join(map(json.dumps, lines)).encode()
    found = answers(tars("decide", "--lines", "--rules", write("law.txt", LAW), stdin=stdin))
    assert [one.get("outcome") for one in found] == ["permit", "permit", "deny", None, "require_approval", None]
    assert "no moment" in found[3]["error"]
    assert "There are no rules" in answers(tars("decide", "--lines", stdin=b'{"action": "x"}'))[0]["error"]


def test_decide__bad_rules_or_facts__exit_1(write: Write) -> None:
    law = write("law.txt", LAW)
    assert tars("decide", "--rules", law, "--facts", write("f", "3"), "--action", "upload").exit_code == 1
    assert tars("decide", "--rules", law, "--action", "upload", "--at", "soon").exit_code == 1
    assert tars("decide", "--rules", write("bad", "r1:"), "--action", "upload").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["conclude"],
        ["decide"],
        ["check"],
        ["conclude", "no-such-file"],
        ["decide", "--rules", "-", "--facts", "-", "--action", "x"],
    ],
)
def test_commands__wrong_use__exit_2(arguments: list[str]) -> None:
    assert tars(*arguments).exit_code == 2


def test_check__sound_rules__exit_0_and_a_conflict__exit_1_with_both_rules(write: Write) -> None:
    assert tars("check", write("law.txt", LAW)).exit_code == 0
    result = tars("check", "--json", "-", stdin=b"r1: => [P] pay (weight legal)\nr2: => [F] pay (weight legal)")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["rules"] == ["r1", "r2"]


def test_commands__start__without_django_or_database(write: Write) -> None:
    script = (
        "import sys; from tarsweb.cli import app; from typer.testing import CliRunner;"
        f"r = CliRunner().invoke(app, ['policy', 'decide', '--rules', {write('law.txt', LAW)!r}, '--action', 'upload']);"
        "assert r.exit_code == 0, r.output;"
        "assert not [m for m in ('django', 'psycopg') if m in sys.modules], 'too much imported'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
