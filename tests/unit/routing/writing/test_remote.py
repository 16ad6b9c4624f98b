"""The client of a service that writes, against a real server, good and bad."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.model_services import Service
from governance.outbound import AddressRefused, NoAnswer, TooLate
from routing.writing import checks, choice
from routing.writing.answers import NotWords, said_of
from routing.writing.errors import WriterFailed
from routing.writing.remote import Remote
from routing.writing.writer import Asked, Said
from tests.writing_service import Change, WritingService, writing_service

ASKED = Asked("You write.", "Confidential words, please.", 300)


@pytest.fixture
def service(settings: Any) -> Iterator[WritingService]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with writing_service() as found:
        found.words = "Good day"
        yield found


def client(service: WritingService, **changes: Any) -> Remote:
    return Remote(Service(**{"url": service.url, "model": "words-1", "key": service.key, **changes}))


def test_write__a_good_service__its_words_and_what_it_counted(service: WritingService) -> None:
    assert client(service).write(ASKED, seconds=5) == Said("Good day", tokens_in=120, tokens_out=40)
    (asked,) = service.asked
    assert asked["model"] == "words-1" and asked["max_tokens"] == 300
    assert [one["role"] for one in asked["messages"]] == ["system", "user"]
    assert client(service).model == f"words-1@{service.url.split('/')[2]}"


def test_write__a_model_that_knows_the_other_limit__is_asked_by_that_name(service: WritingService) -> None:
    service.knows = "max_completion_tokens"
    assert client(service, url=service.url + "/").write(ASKED, seconds=5).text == "Good day"
    assert [("max_tokens" in one, "max_completion_tokens" in one) for one in service.asked] == [
        (True, False),
        (False, True),
    ]


def test_write__cut_at_its_length__says_so(service: WritingService) -> None:
    service.spoil = lambda answer: {"choices": [{**answer["choices"][0], "finish_reason": "length"}]}
    assert client(service).write(ASKED, seconds=5) == Said("Good day", is_cut=True)


@pytest.mark.parametrize(
    ("status", "word"), [(400, "MODEL"), (404, "URL"), (429, "later"), (500, "later"), (302, "later")]
)
def test_write__refused__names_the_status_and_none_of_the_words(
    service: WritingService, status: int, word: str
) -> None:
    service.status = status
    with pytest.raises(WriterFailed, match=f"answered {status}.*{word}") as refused:
        client(service).write(ASKED, seconds=5)
    assert "onfidential" not in str(refused.value)


def test_write__wrong_key__is_said_without_it_anywhere(
    service: WritingService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = client(service, key="sk-very-secret")
    with pytest.raises(WriterFailed, match="TARS_WRITER_KEY") as refused:
        wrong.write(ASKED, seconds=5)
    assert "sk-very-secret" not in str(refused.value) + caplog.text + repr(wrong._service)


BAD: list[tuple[str, Change]] = [
    ("no message", lambda answer: []),
    ("no message", lambda answer: {}),
    ("no message", lambda answer: {"choices": None}),
    ("no message", lambda answer: {"choices": []}),
    ("no message", lambda answer: {"choices": [1]}),
    ("no message", lambda answer: {"choices": [{"message": "hello"}]}),
    ("says nothing", lambda answer: {"choices": [{"message": {"content": None}}]}),
    ("says nothing", lambda answer: {"choices": [{"message": {"content": ["hello"]}}]}),
    ("says nothing", lambda answer: {"choices": [{"message": {"content": " \n"}}]}),
]


@pytest.mark.parametrize(("said", "spoil"), BAD, ids=[f"{place} {said}" for place, (said, _) in enumerate(BAD)])
def test_write__answer_that_breaks_the_protocol__is_refused(service: WritingService, said: str, spoil: Change) -> None:
    service.spoil = spoil
    with pytest.raises(WriterFailed, match=said):
        client(service).write(ASKED, seconds=5)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[" * 100_000, b"\xff", b"9" * 10_000])
def test_write__no_json__is_refused(service: WritingService, raw: bytes) -> None:
    service.raw = raw
    with pytest.raises(WriterFailed, match=r"no JSON|no message"):
        client(service).write(ASKED, seconds=5)


def test_write__endless_answer__is_cut_and_refused(service: WritingService) -> None:
    service.raw = b" " * 2_000_000
    with pytest.raises(WriterFailed, match="longer than any text"):
        client(service).write(ASKED, seconds=5)


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": -1}, {"prompt_tokens": True}, {"prompt_tokens": 2**60}])
def test_write__nonsense_about_tokens__is_no_count(service: WritingService, usage: Any) -> None:
    service.spoil = lambda answer: {**answer, "usage": usage}
    said = client(service).write(ASKED, seconds=5)
    assert (said.text, said.tokens_in, said.tokens_out) == ("Good day", None, None)


def test_write__private_address_nobody_allowed__is_never_called(service: WritingService, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    for url in (service.url, "https://169.254.169.254/v1"):
        with pytest.raises(AddressRefused):
            client(service, url=url).write(ASKED, seconds=5)
    assert service.asked == []


def test_write__nobody_listens__says_so(service: WritingService) -> None:
    with pytest.raises(NoAnswer):
        client(service, url="http://127.0.0.1:9/v1").write(ASKED, seconds=5)


def test_write__a_service_that_hangs__ends_at_the_deadline(service: WritingService) -> None:
    service.hangs = Event()
    with pytest.raises(TooLate):
        client(service).write(ASKED, seconds=0.3)
    with pytest.raises(TooLate, match="no time left"):
        client(service).write(ASKED, seconds=0)


def test_current__no_address__there_is_none(settings: Any) -> None:
    settings.WRITER_URL = ""
    assert choice.current() is None and not choice.is_set()
    assert checks.check_writer() == []


def test_check__an_address_that_is_never_called__is_named(settings: Any) -> None:
    settings.WRITER_MODEL, settings.OUTBOUND_ALLOW = "words-1", []
    settings.WRITER_URL = "https://api.example.com/v1"
    writer = choice.current()
    assert writer is not None and writer.model == "words-1@api.example.com"
    assert checks.check_writer() == []
    settings.WRITER_URL = "http://10.0.0.5/v1"
    (found,) = checks.check_writer()
    assert found.id == "routing.E002" and "TARS_WRITER_URL" in found.msg


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "usage", "prompt_tokens"]), inner)
    ),
    max_leaves=20,
)


@given(answer=JSON)
def test_said_of__any_json__words_or_a_named_refusal(answer: object) -> None:
    try:
        said = said_of(json.dumps(answer).encode())
    except NotWords:
        return
    assert said.text.strip()
