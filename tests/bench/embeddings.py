"""The local sentence model against the same model written naively in numpy (`naive_bert`), in one run, BLAS on one thread.

The bar names torch, which TARS does not install; where it and sentence-transformers are installed, they are measured too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from routing.embeddings import minilm
from routing.embeddings.embedder import unit
from routing.embeddings.minilm import MiniLM
from routing.embeddings.nearest import nearest
from tests.bench.measure import TOLD, Row, interleaved
from tests.bench.naive_bert import NaiveBert

SHORT = [
    "please approve the budget increase for the data team",
    "rollback the last amendment",
    "why was my request denied",
    "show drift of the pricing agent",
    "delete all the customer records now",
    "schedule a dream cycle for tonight",
    "who signed this decision",
    "raise the spending limit to 500 dollars",
]
LONG = " ".join(SHORT * 6)
REPEATS = 20
CHILD = """
import json, sys, time
start = time.perf_counter()
from routing.embeddings.minilm import MiniLM
imported = time.perf_counter()
model = MiniLM()
model._load()
loaded = time.perf_counter()
model.embed(["please approve the budget increase for the data team"])
first = time.perf_counter()
spell = float(sys.argv[1])
for number in range(0 if spell else 50):
    model.embed([f"please approve budget {number} for the data team"])
end, count = time.perf_counter() + spell, 0
while time.perf_counter() < end:
    model.embed(["please approve the budget increase for the data team"])
    count += 1
lines = [line.split() for line in open("/proc/self/status")]
told = {words[0]: int(words[1]) / 1e3 for words in lines if words[0] in {"RssAnon:", "RssFile:"}}
print(json.dumps({"load": loaded - imported, "first": first - loaded, "import": imported - start, "count": count, **told}))
"""


def bench_embeddings() -> list[Row]:
    """Bar 18, and what a batch, memory, threads and the search in memory cost."""
    ours, naive = MiniLM(), NaiveBert()
    apart = float(np.abs(ours.embed([*SHORT, LONG]) - naive.embed([*SHORT, LONG])).max())
    if apart > 1e-5:
        raise AssertionError(f"the two differ by {apart}")
    rows = [_against(name, texts, ours, naive, bar) for name, texts, bar in _sizes()]
    return [*rows, *_against_torch(ours), _batch(ours, 8), _batch(ours, 32), *_start(), _threads(), *_search()]


def _sizes() -> list[tuple[str, list[str], str]]:
    return [
        ("one sentence", SHORT[:1], "≤ 1"),
        ("32 sentences in one call", SHORT * 4, "≤ 1"),
        ("one text of 256 pieces", [LONG], "≤ 1"),
    ]


def _against(name: str, texts: list[str], ours: MiniLM, peer: Any, bar: str) -> Row:
    def times(work: Callable[[list[str]], object]) -> Callable[[], None]:
        return lambda: [work(texts) for _ in range(REPEATS // len(texts) + 1)] and None

    mine, theirs, ratio = interleaved(times(ours.embed), times(peer.embed))
    each = 1e3 / (REPEATS // len(texts) + 1)
    detail = f"{mine * each:.1f} ms against {theirs * each:.1f} ms"
    return Row(f"embed {name}: time against {type(peer).__name__}", ratio, bar, detail)


def _against_torch(ours: MiniLM) -> list[Row]:
    if not find_spec("sentence_transformers"):
        return []
    from sentence_transformers import SentenceTransformer

    class Torch:
        def __init__(self) -> None:
            self.model = SentenceTransformer(str(minilm.installed_at()))

        def embed(self, texts: list[str]) -> Any:
            return self.model.encode(texts, show_progress_bar=False)

    return [_against("one sentence", SHORT[:1], ours, Torch(), "≤ 1")]


def _batch(ours: MiniLM, count: int) -> Row:
    texts = SHORT * (count // len(SHORT))
    together, alone, ratio = interleaved(
        lambda: ours.embed(texts), lambda: [ours.embed([text]) for text in texts], rounds=9
    )
    detail = f"{together / count * 1e3:.1f} ms a sentence against {alone / count * 1e3:.1f} ms"
    return Row(f"embed {count} sentences in one call: time against one by one", ratio, "≤ 1", detail)


def _start() -> list[Row]:
    found = sorted((_children(1)[0] for _ in range(5)), key=lambda each: each["load"])[2]
    load = f"{found['load'] * 1e3:.0f} ms with the digest of 91 MB, then {found['first'] * 1e3:.0f} ms for the first sentence"
    memory = f"{found['RssAnon:']:.0f} MB of its own, {found['RssFile:']:.0f} MB shared through the page cache"
    return [
        Row("embed: load against half a second", found["load"] / 0.5, "≤ 1", load),
        Row("embed: a process's own memory against 127 MB", found["RssAnon:"] / 127, "≤ 0.5", memory),
    ]


def _threads() -> Row:
    """Two processes at once, as web and task workers are."""
    one, many = [], []
    for _ in range(3):
        one.append(sum(each["count"] for each in _children(2, spell=1, OPENBLAS_NUM_THREADS="1")))
        many.append(sum(each["count"] for each in _children(2, spell=1, OPENBLAS_NUM_THREADS=str(os.cpu_count() or 1))))
    mine, theirs = sorted(one)[1], sorted(many)[1]
    detail = f"{mine:,} sentences a second with one, {theirs:,} with {os.cpu_count()}"
    return Row("embed in two processes: rate with a BLAS thread per core against one", theirs / mine, TOLD, detail)


def _children(count: int, *, spell: float = 0, **env: str) -> list[dict[str, float]]:
    command = [sys.executable, "-c", CHILD, str(spell)]
    children = [subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.PIPE) for _ in range(count)]
    return [json.loads(child.communicate(timeout=300)[0]) for child in children]


def _search() -> list[Row]:
    return [_nearest(count) for count in (1_000, 10_000)]


def _nearest(count: int) -> Row:
    rows = unit(np.random.default_rng(1).normal(size=(count, 384)))

    def bare() -> None:
        for query in rows[:50]:
            cosines = rows @ query
            best = np.argpartition(-cosines, 5)[:5]
            best[np.argsort(-cosines[best])]

    mine, theirs, ratio = interleaved(lambda: [nearest(query, rows, most=5) for query in rows[:50]], bare, rounds=9)
    detail = f"{mine / 50 * 1e6:,.0f} µs against {theirs / 50 * 1e6:,.0f} µs"
    return Row(f"nearest 5 of {count:,} in memory: time against a bare product and partition", ratio, TOLD, detail)
