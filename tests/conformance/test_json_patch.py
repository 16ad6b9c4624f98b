"""RFC 6902 against the published cases, through `tars diff --lines`, and against a real history."""

from __future__ import annotations

import itertools
import json
import lzma
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from governance.canonical import canonical_bytes
from governance.constitution.diff import changes, operations
from governance.constitution.merge import undo
from governance.constitution.patch import apply, invert
from governance.constitution.sentence import sentence
from governance.constitution.values import same
from tarsweb.cli.documents import register

from .cases import public

app = typer.Typer()
register(app)


def raw_objects(text: str) -> list[str]:
    """The top-level objects of a JSON array as they are written, so that a doubled key stays doubled."""
    decoder, found, at = json.JSONDecoder(), [], text.index("[") + 1
    while (start := text.find("{", at)) >= 0:
        _, at = decoder.raw_decode(text, start)
        found.append(text[start:at])
    return found


def test_apply__published_cases__results_and_errors() -> None:
    text = public("json_patch_spec_tests.json").read_text(encoding="utf-8")
    lines = [" ".join(line.split("\n")) for line in raw_objects(text)]
    result = CliRunner().invoke(app, ["diff", "--lines"], input="\n".join(lines).encode())
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for case, answer in zip(json.loads(text), found, strict=True):
        if "error" in case:
            assert "error" in answer, case["comment"]
        else:
            assert same(answer["result"], case.get("expected", case["doc"])), case["comment"]


@pytest.fixture(scope="module")
def history() -> list[Any]:
    with lzma.open(public("history_ddg_extension.jsonl.xz"), "rt", encoding="utf-8") as file:
        return [json.loads(line)["document"] for line in file]


def test_history__every_step__replays_forward_and_back(history: list[Any]) -> None:
    for old, new in itertools.pairwise(history):
        there = operations(old, new)
        assert canonical_bytes(apply(there, old)) == canonical_bytes(new)
        assert canonical_bytes(apply(invert(there, old), new)) == canonical_bytes(old)
        assert bool(changes(old, new)) is not same(old, new)
        assert sentence(changes(old, new)).isprintable()


def test_history__undo_of_each_step_today__leaves_later_ones_or_names_the_overlap(history: list[Any]) -> None:
    today = history[-1]
    for before, after in list(itertools.pairwise(history))[-25:]:
        undone = undo(before=before, after=after, current=today)
        own = {change.pointer.split("/")[1] for change in changes(before, after)}
        for change in changes(today, undone.document):
            assert change.pointer.split("/")[1] in own
