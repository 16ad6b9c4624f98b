"""`tars route-eval` as a person or a script uses it: real vectors, a small set written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tarsweb.cli.route_eval import register
from tests.unit.routing.router.test_scope import INSIDE, OUTSIDE, RULES

app = typer.Typer()
register(app)


@app.callback()
def main() -> None:
    """A parent with one group, as in `tars`."""


Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, content: str | bytes | list[tuple[str, str]]) -> str:
        if isinstance(content, list):
            content = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in content)
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


def tars(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["route-eval", *arguments], input=stdin)


def figures(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert set(found) == {"accuracy", "oos_precision", "oos_recall", "threshold", "latency_ms", "n"}
    assert set(found["latency_ms"]) == {"p50", "p95"}
    return found


def refused(result: Result, *words: str, code: int = 1) -> None:
    assert result.exit_code == code and result.stdout == ""
    assert all(word in result.stderr for word in words), result.stderr
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.stderr


TRAIN, IN_TEST = list(RULES.items()), list(INSIDE.items())
OUT_TEST = [(text, "oos") for text in OUTSIDE]
FEW = "text,label\nRun payroll,payroll\nBook a room,calendar\n"


def test_figures__of_requests_written_by_hand__by_two_rules_a_label(write: Write) -> None:
    train, test = write("train.jsonl", TRAIN), write("test.jsonl", IN_TEST[::2] + OUT_TEST[::2])
    tuned = write("val.jsonl", IN_TEST[1::2] + OUT_TEST[1::2])
    found = figures(tars("--train", train, "--test", test, "--validation", tuned, "--json"))
    assert found["n"] == len(IN_TEST[::2]) + len(OUT_TEST[::2])
    assert found["accuracy"] >= 0.9 and found["oos_recall"] >= 0.9 and found["oos_precision"] >= 0.9
    assert 0 < found["threshold"] < 1 and 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p95"]


def test_threshold__does_not_depend_on_the_test(write: Write) -> None:
    train, tuned = write("train.jsonl", TRAIN), write("val.jsonl", IN_TEST[1::2] + OUT_TEST[1::2])
    tests = [write("a.jsonl", IN_TEST[:6]), write("b.jsonl", OUT_TEST[:6])]
    found = [figures(tars("--train", train, "--test", test, "--validation", tuned, "--json")) for test in tests]
    assert found[0]["threshold"] == found[1]["threshold"]
    assert found[0]["oos_recall"] is None and found[1]["accuracy"] is None


def test_csv_and_json_lines__say_the_same(write: Write) -> None:
    lines = write("train.jsonl", TRAIN + OUT_TEST[:3])
    rows = "".join(f'"{text}",{label}\r\n' for text, label in TRAIN + OUT_TEST[:3])
    table = write("train.csv", f"\ufefftext,label\r\n{rows}")
    test = write("test.jsonl", IN_TEST[:8])
    one, other = (figures(tars("--train", train, "--test", test, "--json")) for train in (lines, table))
    assert {**one, "latency_ms": 0} == {**other, "latency_ms": 0}


def test_text__says_it_in_words(write: Write) -> None:
    said = tars("--train", write("train.csv", FEW), "--test", write("test.csv", FEW))
    assert said.exit_code == 0
    assert "In scope, the right label:       100.0%" in said.stdout and "no request out of scope" in said.stdout
    assert "2 requests of the test file stand in the training file too" in said.stderr


def test_files__several_and_from_standard_input(write: Write) -> None:
    train, more = write("train.csv", FEW), write("oos.jsonl", OUT_TEST[:4])
    found = figures(tars("--train", train, "--train", more, "--test", "-", "--json", stdin=FEW.encode()))
    assert found["n"] == 2
    refused(tars("--train", "-", "--test", "-"), "Only one", code=2)


def test_intent__stands_for_a_label(write: Write) -> None:
    train = write("train.jsonl", '{"text": "Run payroll", "intent": "a"}\n{"text": "Book a room", "intent": "b"}\n')
    assert figures(tars("--train", train, "--test", write("test.csv", FEW), "--json"))["accuracy"] == 0


def test_label_that_training_does_not_know__counts_as_wrong_and_is_named(write: Write) -> None:
    test = write("test.csv", "text,label\nRun payroll,payroll\nSell the car,cars\n")
    result = tars("--train", write("train.csv", FEW), "--test", test, "--json")
    assert figures(result)["accuracy"] == 0.5
    assert "no cars: 1 requests of the test file count as wrong" in result.stderr


def test_texts_twice__the_first_counts_and_it_is_said(write: Write) -> None:
    train = write("train.csv", FEW + "Run payroll,calendar\nRun payroll,payroll\n")
    result = tars("--train", train, "--test", write("test.csv", FEW), "--json")
    assert figures(result)["accuracy"] == 1.0
    assert "2 requests of the training file stand there twice" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("is empty",)),
        (b"  \n\n", ("is empty",)),
        (b"text,label\n", ("a heading and no requests",)),
        (b"text,label\nRun payroll,payroll\nPay,payroll\n", ("one label, payroll", "two labels")),
        (b"text,label\nHello,oos\n", ("the label oos alone",)),
        (b"question,answer\na,b\n", ("no column text", "question, answer", "text and label")),
        (b"text;label\na;b\n", ("no column text",)),
        (b'{"text": "a"}\n', ("line 1 has no column label",)),
        (b'{"text": "a", "label": "b"}\n{"text": }\n', ("line 2",)),
        (b'{"text": "a", "label": "b"}\n[1]\n', ("line 2", "no JSON object")),
        (b'{"text": 5, "label": "b"}\n', ("line 1", "text is empty or no text")),
        (b"text,label\n,payroll\n", ("line 2", "text is empty")),
        (b"text,label\nRun payroll\n", ("line 2", "label is empty")),
        (b'text,label\n"Run payroll,payroll\n', ("no CSV",)),
        (b"text,label\nB\xfcro,room\n", ("not UTF-8", "byte 12")),
        (b"text,label\n" + b"a" * 20_001 + b",x\n", ("longer than 20,000",)),
        (b"text,label\nx," + b"a" * 201 + b"\n", ("longer than 200",)),
    ],
)
def test_file_that_cannot_be_used__refused_with_a_sentence(
    write: Write, content: bytes, words: tuple[str, ...]
) -> None:
    test = write("test.csv", FEW)
    refused(tars("--train", write("train.data", content), "--test", test), *words)


def test_file_too_large__refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.router.labelled.MOST_ROWS", 1)
    refused(tars("--train", write("train.csv", FEW), "--test", write("test.csv", FEW)), "more than 1 requests")
    monkeypatch.setattr("routing.router.labelled.MOST_BYTES", 2**20)
    large = write("large.csv", FEW + "x" * 2**20)
    refused(tars("--train", large, "--test", large), "more than 1 MB", "a part of it")


def test_wrong_use__exit_code_2(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    train = write("train.csv", FEW)
    refused(tars("--train", f"{train}.none", "--test", train), "No such file", code=2)
    assert tars("--train", train).exit_code == 2
    monkeypatch.setenv("TARS_EMBEDDER", "openai")
    refused(tars("--train", train, "--test", train), "TARS_EMBEDDER", code=2)
