"""The router on public labelled requests, split here: what is asked is never learned from, nor is the threshold chosen by it.

A slice in the suite, everything with `TARS_PROOF=full` (`make proof`), the same code.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict

import pytest

from routing.embeddings.minilm import MiniLM
from routing.router.evaluating import Figures, Row, measured, prepared
from tests.conformance.cases import public

IS_FULL = os.environ.get("TARS_PROOF") == "full"
LABELS, EACH, ASKED = (None, None, None) if IS_FULL else (10, 35, 6)


def read(name: str) -> dict[str, list[Row]]:
    """Requests by label, of the first labels by name."""
    found: dict[str, list[Row]] = defaultdict(list)
    for line in public(name).read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        found[said["intent"]].append(Row(said["text"], said["intent"]))
    return {label: found[label] for label in sorted(found)[:LABELS]}


def figures(train: list[Row], test: list[Row]) -> Figures:
    embedder = MiniLM()
    made = prepared(train, [], embedder=embedder, told=lambda _: None)
    assert made.scratch.trained is not None
    return measured(made, test, embedder=embedder, clock=time.perf_counter, told=lambda _: None)


@pytest.mark.proof
def test_clinc150__in_scope_and_out_of_scope_at_one_threshold() -> None:
    known, asked = read("clinc150_train.jsonl"), read("clinc150_val.jsonl")
    odd, strange = read("clinc150_oos_train.jsonl")["oos"], read("clinc150_oos_val.jsonl")["oos"]
    train = [row for rows in known.values() for row in rows[:EACH]] + odd[: EACH and 30]
    test = [row for rows in asked.values() for row in rows[:ASKED]] + strange[: EACH and 30]
    found = figures(train, test)
    assert found.accuracy is not None and found.accuracy >= 0.94
    assert found.oos_recall is not None and found.oos_recall >= 0.8


@pytest.mark.proof
def test_banking77__a_tenth_that_is_held_out() -> None:
    known = read("banking77_train.jsonl")
    test = [row for rows in known.values() for row in rows[::10][:ASKED]]
    train = [row for rows in known.values() for place, row in enumerate(rows) if place % 10][: 350 if LABELS else None]
    seen = {row.label for row in train}
    found = figures(train, [row for row in test if row.label in seen])
    assert found.accuracy is not None and found.accuracy >= 0.92
