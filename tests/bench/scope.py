"""How well the router's curves tell what is in scope, on labelled requests that are not in this repository.

`TARS_ROUTING_DATA` names a folder with `clinc150_train.jsonl`, `clinc150_val.jsonl`, `clinc150_oos_train.jsonl` and
`clinc150_oos_val.jsonl` (CLINC150, CC-BY-3.0: lines with `text`, `intent`, `domain`). Examples become rules, some for each
intent; held-out requests are asked with the threshold that a constitution without one has. Nothing is learned here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from routing.embeddings.embedder import Vectors
from routing.router.confidence import Against, confidence
from routing.router.embedding import text_of
from routing.router.obeyed import THRESHOLD
from tarsweb.home import Home
from tests.bench.measure import TOLD, Row

EXAMPLES: Final = (1, 3, 10, 30)
SYSTEMS: Final = (15, 5, 3)
"""Intents of one domain that one system states as its capabilities."""


def bench_scope(home: Home) -> list[Row]:
    """For each number of examples: accuracy in scope and recall out of scope, by rules; then by capabilities."""
    folder = os.environ.get("TARS_ROUTING_DATA", "")
    if not folder:
        raise SystemExit("Set TARS_ROUTING_DATA to a folder with CLINC150 as JSON Lines (tests/bench/scope.py).")
    known, asked = (_read(Path(folder) / f"clinc150_{part}.jsonl") for part in ("train", "val"))
    odd = [one for part in ("train", "val") for one in _read(Path(folder) / f"clinc150_oos_{part}.jsonl")]
    inside, outside = (_embedded([one["text"] for one in rows]) for rows in (asked, odd))
    return [*_by_rules(known, asked, inside, outside), *_by_capabilities(known, asked, inside, outside)]


def _by_rules(known: list[dict[str, Any]], asked: list[dict[str, Any]], inside: Vectors, outside: Vectors) -> list[Row]:
    rows, chance = [], np.random.default_rng(1)
    labels = np.array([one["intent"] for one in asked])
    intents = np.array([one["intent"] for one in known])
    order = chance.permutation(len(known))
    for many in EXAMPLES:
        picked = [place for name in np.unique(intents) for place in [p for p in order if intents[p] == name][:many]]
        rules = _embedded([known[place]["text"] for place in picked])
        rows += _rows(
            f"rules, {many} an intent",
            inside @ rules.T,
            outside @ rules.T,
            lambda best, ids=intents[picked]: ids[best] == labels,
            Against.PATTERN,
        )
    return rows


def _by_capabilities(
    known: list[dict[str, Any]], asked: list[dict[str, Any]], inside: Vectors, outside: Vectors
) -> list[Row]:
    rows, domains = [], {}
    for one in known:
        domains.setdefault(one["domain"], {}).setdefault(one["intent"])
    for many in SYSTEMS:
        parts = [(domain, part) for domain, names in domains.items() for part in _parts(list(names), many)]
        systems = _embedded([text_of(domain, "", part) for domain, part in parts])
        fits = [{place for place, (_, part) in enumerate(parts) if one["intent"] in part} for one in asked]
        rows += _rows(
            f"capabilities, {len(parts)} systems",
            inside @ systems.T,
            outside @ systems.T,
            lambda best, fits=fits: np.array([one in right for one, right in zip(best, fits, strict=True)]),
            Against.DESCRIPTION,
        )
    return rows


def _rows(name: str, inside: Any, outside: Any, is_right: Any, against: Against) -> list[Row]:
    from routing.embeddings.choice import current

    model = current().model
    sure, odd = (
        np.array([confidence(float(one), model=model, against=against) for one in likeness.max(axis=1)])
        for likeness in (inside, outside)
    )
    right = is_right(inside.argmax(axis=1))
    accuracy, turned = float((right & (sure >= THRESHOLD)).mean()), float((sure < THRESHOLD).mean())
    told = f"right system for {accuracy:.3f} of what is in scope, {turned:.3f} of it turned away"
    return [Row(f"out-of-scope recall, {name}", float((odd < THRESHOLD).mean()), TOLD, told)]


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _embedded(texts: Sequence[str]) -> Vectors:
    from routing.embeddings.choice import current

    return np.vstack([current().embed(part) for part in _parts(list(texts), 64)])


def _parts(items: list[str], many: int) -> list[list[str]]:
    return [items[start : start + many] for start in range(0, len(items), many)]
