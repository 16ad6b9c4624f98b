"""`tars diff` and `tars canon` as a person or a script uses them."""

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

from tarsweb.cli import documents
from tarsweb.cli.documents import register

app = typer.Typer()
register(app)

OLD = {"refund_limit_usd": 50, "requires_approval": ["audit"]}
NEW = {"refund_limit_usd": 500, "requires_approval": ["audit", "delete"]}
Write = Callable[[str, Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, content: Any) -> str:
        path = tmp_path / name
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(data)
        return str(path)

    return written


def tars(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def answers(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_diff__two_files__says_the_sentence(write: Write) -> None:
    result = tars("diff", write("a.json", OLD), write("b.json", NEW))
    assert result.exit_code == 0
    assert result.stdout == "Refund limit rises from 50 to 500 USD; delete now also needs approval.\n"
    assert result.stderr == ""


def test_diff__format_changes__one_change_a_line(write: Write) -> None:
    first, second = answers(tars("diff", "--format", "changes", write("a.json", OLD), write("b.json", NEW)))
    assert first["pointer"] == "/refund_limit_usd"
    assert (first["old"], first["new"], first["change"], first["effect"]) == (50, 500, 450, "expands")
    assert second["pointer"] == "/requires_approval/1"
    assert "old" not in second


def test_diff__json__one_object_with_changes_effect_and_sentence(write: Write) -> None:
    (answer,) = answers(tars("diff", write("a.json", OLD), write("b.json", NEW), "--json"))
    assert set(answer) == {"changes", "effect", "sentence"}
    assert answer["effect"] == "expands"


def test_diff__patch_applied_again__gives_the_new_document(write: Write) -> None:
    old, new = write("a.json", OLD), write("b.json", NEW)
    patch = write("p.json", tars("diff", "--format", "patch", old, new).stdout.encode())
    assert answers(tars("diff", "--apply", patch, old)) == [NEW]


def test_diff__standard_input_for_one_side(write: Write) -> None:
    result = tars("diff", "-", write("b.json", NEW), stdin=json.dumps(OLD).encode())
    assert result.stdout.startswith("Refund limit rises")


def test_diff__patch_that_does_not_fit__exit_1_and_nothing_on_stdout(write: Write) -> None:
    patch = write("p.json", [{"op": "remove", "path": "/nowhere"}])
    result = tars("diff", "--apply", patch, write("a.json", OLD))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "“/nowhere” does not exist" in result.stderr


def test_diff__duplicate_key_in_a_file__exit_1_with_the_pointer(write: Write) -> None:
    result = tars("diff", write("a.json", b'{"a": {"b": 1, "b": 2}}'), write("b.json", NEW))
    assert result.exit_code == 1
    assert "/a/b" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["diff"], ["diff", "only-one.json"], ["diff", "-", "-"], ["diff", "--format", "poem", "a", "b"], ["canon"]],
)
def test_wrong_use__exit_2_and_a_sentence(arguments: list[str]) -> None:
    result = tars(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


@pytest.mark.parametrize("command", [["canon", "missing.json"], ["diff", "missing.json", "b.json"]])
def test_missing_file__exit_2_and_its_name(command: list[str]) -> None:
    result = tars(*command)
    assert result.exit_code == 2
    assert "missing.json: No such file" in result.stderr


def test_diff_lines__pairs_patches_and_faults__one_answer_a_line_in_order(write: Write) -> None:
    lines = b"\n".join(
        [
            json.dumps({"old": OLD, "new": NEW}).encode(),
            b'{"old": {"a": 1, "a": 2}, "new": {}}',
            b"not json",
            b'{"doc": {"a": 1}, "patch": [{"op": "add", "path": "/b", "value": 2}]}',
            b'{"doc": {"a": 1}, "patch": [{"op": "test", "path": "/a", "value": true}]}',
            b'{"doc": 1}',
            b"",
            b'{"old": {"n": 1e400}, "new": {}}',
            b'{"old": [1], "new": [1.0]}\r',
            b"\xff",
            b'{"old": {}, "new": {"n": 9007199254740993}}',
        ]
    )
    found = answers(tars("diff", "--lines", write("in.jsonl", lines)))
    assert len(found) == 11
    assert found[0]["sentence"].startswith("Refund limit rises")
    assert [index for index, answer in enumerate(found) if "error" in answer] == [1, 2, 4, 5, 6, 7, 9, 10]
    assert found[1]["problems"][0]["pointer"] == "/old/a"
    assert found[3] == {"result": {"a": 1, "b": 2}}
    assert found[8] == {"changes": [], "effect": "neutral", "sentence": "Nothing changes."}
    assert found[10]["problems"][0]["pointer"] == "/new/n"


def test_diff_lines__format_patch__from_standard_input() -> None:
    lines = b'{"old": {"a": 1}, "new": {}}\n{"old": 1, "new": 2}\n'
    assert answers(tars("diff", "--lines", "--format", "patch", "-", stdin=lines)) == [
        {"patch": [{"op": "remove", "path": "/a"}]},
        {"patch": [{"op": "replace", "path": "", "value": 2}]},
    ]


def test_canon__file__bytes_then_digest(write: Write) -> None:
    result = tars("canon", write("a.json", b'{"b": 1e30, "a": -0.0, "\\u20ac": "\\u00f6"}'))
    assert result.stdout_bytes.splitlines()[0] == '{"a":0,"b":1e+30,"€":"ö"}'.encode()
    assert result.stdout.splitlines()[1].startswith("sha256:")


def test_canon__json_and_lines__agree(write: Write) -> None:
    lines = b'{"b":1,"a":[]}\n"x"\nnull\nNaN\n' + b"[" * 10_000 + b"\n"
    found = answers(tars("canon", "--lines", stdin=lines))
    assert found[0] == answers(tars("canon", "--json", "-", stdin=lines.splitlines()[0]))[0]
    assert [answer.get("canonical") for answer in found] == ['{"a":[],"b":1}', '"x"', "null", None, None]
    assert [answer.get("kind") for answer in found[3:]] == ["not_finite", "too_deep"]


def test_canon__200_levels_deep__is_read_though_a_constitution_may_not_be() -> None:
    text = b"[" * 200 + b"]" * 200
    assert tars("canon", "-", stdin=text).stdout_bytes.splitlines()[0] == text
    assert tars("diff", "--lines", stdin=b'{"old": ' + text + b', "new": 1}').exit_code == 0


def test_commands__start__without_django_or_database() -> None:
    script = (
        "import importlib.util, sys, typer; from typer.testing import CliRunner;"
        f"spec = importlib.util.spec_from_file_location('documents', {documents.__file__!r});"
        "module = sys.modules['documents'] = importlib.util.module_from_spec(spec); spec.loader.exec_module(module);"
        "app = typer.Typer(); module.register(app);"
        "assert not [m for m in ('governance.canonical', 'jsonschema', 'django') if m in sys.modules], 'not lazy';"
        "r = CliRunner().invoke(app, ['diff', '--lines'], input='{\"old\": 1, \"new\": 2}'); assert r.exit_code == 0;"
        "assert not [m for m in ('django', 'psycopg', 'jsonschema') if m in sys.modules], 'too much imported'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
