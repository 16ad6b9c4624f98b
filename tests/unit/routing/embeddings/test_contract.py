"""What every embedder promises, whichever it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.embeddings.embedder import Embedder
from routing.embeddings.lexical import Lexical
from routing.embeddings.minilm import MiniLM
from routing.embeddings.recent import Recent
from routing.embeddings.remote import Remote, Service
from tests.conformance.cases import public
from tests.embedding_service import embedding_service

SENTENCES = [
    "please approve the budget increase for the data team",
    "rollback the last amendment",
    "Why was my request denied?",
    "delete all the customer records now, and then tell everybody who asked for it that it was done as they wished",
]
ODD = [
    "",
    " ",
    "\n\t\r\n",
    "\x00",
    "\ud800 half a pair",
    "?!",
    "a",
    "🤖" * 50,
    "支払い",
    "\u202e\ufeff\u200b",
    "x" * 100_000,
    "word " * 100_000,
]


@pytest.fixture(params=["minilm", "lexical", "remote", "recent"])
def embedder(request: pytest.FixtureRequest, minilm: MiniLM) -> Iterator[Embedder]:
    if request.param != "remote":
        yield {"minilm": minilm, "lexical": Lexical(), "recent": Recent(minilm)}[request.param]
        return
    with embedding_service() as service:
        request.getfixturevalue("settings").OUTBOUND_ALLOW = ["127.0.0.1"]
        yield Remote(Service(url=service.url, model="words", key=service.key))


def test_embed__texts__rows_of_unit_length_and_the_named_size(embedder: Embedder) -> None:
    vectors = embedder.embed(SENTENCES)
    assert vectors.shape == (4, embedder.dimensions) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert "@" in embedder.model and len(embedder.model) < 100


def test_embed__no_texts__no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_embed__odd_texts__are_vectors_too(embedder: Embedder) -> None:
    vectors = embedder.embed(ODD)
    assert np.all(np.isfinite(vectors)) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_embed__naughty_strings__are_vectors_too(embedder: Embedder) -> None:
    vectors = embedder.embed(json.loads(public("blns.json").read_text()))
    assert np.all(np.isfinite(vectors)) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_embed__alone_or_among_others__the_same(embedder: Embedder) -> None:
    texts = [*SENTENCES, *ODD[:9], *SENTENCES]
    together = embedder.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(embedder.embed([text])[0], vector, atol=1e-5)


def test_embed__shared_words__are_nearer_than_none(embedder: Embedder) -> None:
    ask, same, other = embedder.embed(["approve the budget", "the budget was approved", "who painted that picture"])
    assert ask @ same > ask @ other + 0.2


def test_embed__many_threads__what_one_thread_gets(embedder: Embedder) -> None:
    expected = embedder.embed(SENTENCES)
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(embedder.embed, [SENTENCES] * 16):
            assert np.allclose(vectors, expected, atol=1e-5)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(), max_size=60), max_size=6))
def test_embed__any_texts__unit_rows_that_no_neighbour_moves(texts: list[str], minilm: MiniLM) -> None:
    for embedder in (minilm, Lexical()):
        vectors: Any = embedder.embed(texts)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert np.allclose(embedder.embed(texts[::-1])[::-1], vectors, atol=1e-5)
