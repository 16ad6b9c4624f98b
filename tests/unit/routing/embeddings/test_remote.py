"""The client of an OpenAI-compatible service, against a real server, good and bad."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.outbound import AddressRefused, NoAnswer
from routing.embeddings import remote
from routing.embeddings.answers import NotVectors, vectors_of
from routing.embeddings.errors import EmbedderFailed
from routing.embeddings.lexical import Lexical
from routing.embeddings.remote import Remote, Service
from tests.embedding_service import Change, EmbeddingService, embedding_service


@pytest.fixture
def service(settings: Any) -> Iterator[EmbeddingService]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with embedding_service() as found:
        yield found


def client(service: EmbeddingService, **changes: Any) -> Remote:
    return Remote(Service(**{"url": service.url, "model": "words-1", "key": service.key, **changes}))


def test_embed__seventy_texts__in_batches_and_in_the_order_of_the_texts(service: EmbeddingService) -> None:
    texts = [f"text number {number}" for number in range(70)]
    vectors = client(service).embed(texts)
    assert np.allclose(vectors, Lexical().embed(texts), atol=1e-6)
    assert [len(asked["input"]) for asked in service.asked] == [1, 32, 32, 6]
    assert {asked["model"] for asked in service.asked} == {"words-1"}
    assert "dimensions" not in service.asked[0]


def test_embed__dimensions_set__are_asked_for_and_shown_in_the_name(service: EmbeddingService) -> None:
    short = client(service, dimensions=64)
    assert short.embed(["audit payroll"]).shape == (1, 64)
    assert [asked["dimensions"] for asked in service.asked] == [64]
    host = service.url.split("/")[2]
    assert (short.model, client(service).model) == (f"words-1:64@{host}", f"words-1@{host}")


def test_embed__blank_and_long_texts__arrive_so_that_a_service_takes_them(service: EmbeddingService) -> None:
    client(service, dimensions=384).embed(["", " \n", "x" * 100_000, "\ud800"])
    assert [len(text) for text in service.asked[0]["input"]] == [1, 1, 4000, 1]


def test_embed__address_with_a_slash_at_the_end__is_the_same(service: EmbeddingService) -> None:
    assert client(service, url=service.url + "/").embed(["a"]).shape == (1, 384)


@pytest.mark.parametrize(
    ("status", "word"), [(400, "MODEL"), (404, "URL"), (429, "later"), (500, "later"), (302, "later")]
)
def test_embed__refused__names_the_status_and_none_of_the_text(
    service: EmbeddingService, status: int, word: str
) -> None:
    service.status = status
    with pytest.raises(EmbedderFailed, match=f"answered {status}.*{word}") as refused:
        client(service).embed(["confidential words"])
    assert "confidential" not in str(refused.value)


def test_embed__wrong_key__is_said_without_it_anywhere(
    service: EmbeddingService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = client(service, key="sk-very-secret")
    with pytest.raises(EmbedderFailed, match="TARS_EMBEDDER_KEY") as refused:
        wrong.embed(["a"])
    assert "sk-very-secret" not in str(refused.value) + caplog.text + repr(wrong._service)


BAD: list[tuple[str, Change]] = [
    ("no list of vectors", lambda answer: []),
    ("no list of vectors", lambda answer: {"data": None}),
    ("no list of vectors", lambda answer: {"data": [1]}),
    ("1 vectors for 2 texts", lambda answer: {"data": answer["data"][:1]}),
    ("3 vectors for 2 texts", lambda answer: {"data": answer["data"] + answer["data"][:1]}),
    ("which text", lambda answer: {"data": [{**row, "index": 0} for row in answer["data"]]}),
    ("which text", lambda answer: {"data": [{**row, "index": True} for row in answer["data"]]}),
    ("which text", lambda answer: {"data": [{"embedding": row["embedding"]} for row in answer["data"]]}),
    ("lists of numbers", lambda answer: {"data": [{**row, "embedding": "AAAA"} for row in answer["data"]]}),
    ("lists of numbers", lambda answer: {"data": [{**row, "embedding": ["1"] * 384} for row in answer["data"]]}),
    ("384 are due", lambda answer: {"data": [{**row, "embedding": [1.0] * 383} for row in answer["data"]]}),
    (
        "383 to 384",
        lambda answer: {"data": [{**row, "embedding": [1.0] * (383 + row["index"])} for row in answer["data"]]},
    ),
    ("zero or not finite", lambda answer: {"data": [{**row, "embedding": [0.0] * 384} for row in answer["data"]]}),
    (
        "zero or not finite",
        lambda answer: {"data": [{**row, "embedding": [float("nan")] * 384} for row in answer["data"]]},
    ),
    (
        "zero or not finite",
        lambda answer: {"data": [{**row, "embedding": [float("inf")] * 384} for row in answer["data"]]},
    ),
    (
        "zero or not finite",
        lambda answer: {"data": [{**row, "embedding": [10**400] + [1.0] * 383} for row in answer["data"]]},
    ),
]


@pytest.mark.parametrize(("said", "spoil"), BAD, ids=[f"{place} {said}" for place, (said, _) in enumerate(BAD)])
def test_embed__answer_that_breaks_the_protocol__is_refused(
    service: EmbeddingService, said: str, spoil: Change
) -> None:
    service.spoil = spoil
    with pytest.raises(EmbedderFailed, match=said):
        client(service, dimensions=384).embed(["one", "two"])


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[" * 100_000, b"\xff"])
def test_embed__no_json__is_refused(service: EmbeddingService, raw: bytes) -> None:
    service.raw = raw
    with pytest.raises(EmbedderFailed, match="no JSON"):
        client(service).embed(["one"])


def test_embed__endless_answer__is_cut_and_refused(service: EmbeddingService) -> None:
    service.raw = b" " * 1_000_000
    with pytest.raises(EmbedderFailed, match="longer than its vectors"):
        client(service).embed(["one"])


def test_dimensions__too_many__are_refused(service: EmbeddingService) -> None:
    service.spoil = lambda answer: {"data": [{"index": 0, "embedding": [1.0] * 5000}]}
    with pytest.raises(EmbedderFailed, match="keeps 1 to 4096"):
        client(service).embed(["one"])


def test_embed__private_address_nobody_allowed__is_never_called(service: EmbeddingService, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(AddressRefused):
        client(service).embed(["one"])
    with pytest.raises(AddressRefused):
        client(service, url="https://169.254.169.254/v1").embed(["one"])
    assert service.asked == []


def test_embed__nobody_listens__says_so(service: EmbeddingService) -> None:
    with pytest.raises(NoAnswer):
        client(service, url="http://127.0.0.1:9/v1").embed(["one"])


def test_embed__slow_service__ends_at_the_deadline(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    from tests.receiver import receiver

    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(remote, "DEADLINE", 0.3)
    with receiver() as slow:
        slow.drips = Event()
        slow.says(200)
        with pytest.raises(NoAnswer):
            Remote(Service(url=slow.url, model="words-1")).embed(["one"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "index", "embedding"]), inner),
    max_leaves=20,
)


@given(answer=JSON)
def test_vectors_of__any_json__vectors_or_a_named_refusal(answer: object) -> None:
    import json

    try:
        vectors = vectors_of(json.dumps(answer).encode(), count=1, dimensions=0)
    except NotVectors:
        return
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
