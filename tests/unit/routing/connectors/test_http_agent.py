"""The HTTP agent against a real server, which keeps to the envelope or does not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from routing.connectors import envelope, signing
from routing.connectors.contract import (
    AgentAddressRefused,
    AgentError,
    AnsweredNonsense,
    AnsweredTooMuch,
    Reply,
    TimedOut,
    Unreachable,
    Usage,
)
from routing.connectors.envelope import Accepted
from routing.connectors.http_agent import HttpAgent
from tests.receiver import Receiver, receiver
from tests.unit.routing.connectors.calls import Heard, Key, a_call

KEY = Key()
DONE = Reply(output={"entries": 3}, usage=Usage(api_calls=2), suggestions=("Give the state of each entry.",))
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        found.answers = [(200, {}, envelope.write_reply(DONE))]
        yield found


def asked(server: Receiver, *, seconds: float = 10, heard: Heard | None = None, **changes: Any) -> Reply:
    values: dict[str, Any] = {"url": f"{server.url}/agent", "signer": KEY, "sleep": lambda _seconds: None}
    agent = HttpAgent(**values | changes)
    return agent.call(a_call(seconds=seconds), on_progress=heard or Heard())


def test_call__answers_the_envelope__is_the_reply(server: Receiver) -> None:
    reply = asked(server)
    assert replace(reply, ms=0) == DONE and reply.ms >= 0


def test_call__is_signed_and_complete(server: Receiver) -> None:
    asked(server, api_key="k-123")
    got = server.got[0]
    call = envelope.read_request(got.body)
    assert (call.system, call.request, call.constitution.digest[:7]) == (
        "domicile-governance",
        "Audit payroll compliance",
        "sha256:",
    )
    execution = signing.verify(trusted=KEY.did, headers=got.headers, body=got.body, now=int(time.time()))
    assert execution == call.execution_id
    assert got.headers["authorization"] == "Bearer k-123"
    assert got.headers["idempotency-key"] == call.idempotency_key
    assert got.headers["content-type"] == "application/json"


def test_agent__shown__keeps_its_key_to_itself(server: Receiver) -> None:
    assert "k-123" not in repr(HttpAgent(url=server.url, signer=KEY, api_key="k-123"))


def test_call__works_longer__is_polled_with_its_progress(server: Receiver) -> None:
    heard, slept = Heard(), list[float]()
    server.answers = [
        (202, {"retry-after": "3"}, envelope.write_accepted(Accepted("/runs/1"))),
        (202, {}, envelope.write_accepted(Accepted("2?x=1", 60, "Counting"))),
        (200, {}, envelope.write_reply(DONE)),
    ]
    assert asked(server, heard=heard, sleep=slept.append).output == {"entries": 3}
    assert [one.path for one in server.got] == ["/agent", "/runs/1", "/runs/2?x=1"]
    assert heard.told == [(0, ""), (60, "Counting")]
    assert slept == [3.0, 1.0]
    poll = server.got[1]
    assert signing.verify(trusted=KEY.did, headers=poll.headers, body=b"", now=int(time.time()))


@pytest.mark.parametrize(
    "poll", ["https://elsewhere.example/runs/1", "//10.0.0.1/x", "http://127.0.0.1:1/x", "file:///etc/passwd"]
)
def test_call__poll_elsewhere__is_refused(server: Receiver, poll: str) -> None:
    server.answers = [(202, {}, envelope.write_accepted(Accepted(poll)))]
    with pytest.raises(AgentAddressRefused):
        asked(server, api_key="k-123")
    assert len(server.got) == 1


def test_call__polled_until_the_deadline__times_out(server: Receiver) -> None:
    server.answers = [(202, {"retry-after": "99999"}, envelope.write_accepted(Accepted("/runs/1")))]
    with pytest.raises(TimedOut, match="still at work"):
        asked(server)


@pytest.mark.parametrize("status", [200, 422, 500])
def test_call__says_that_it_failed__is_a_failed_reply(server: Receiver, status: int) -> None:
    failed = Reply(is_error=True, error="The bank does not know k-12345.")
    server.answers = [(status, {}, envelope.write_reply(failed))]
    reply = asked(server, api_key="k-12345")
    assert (reply.is_error, reply.error) == (True, "The bank does not know [hidden].")


def _is(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((200, {}, b""), AnsweredNonsense, "no JSON"),
        ((200, {}, b"<html>Welcome</html>"), AnsweredNonsense, "no JSON"),
        ((200, {"content-type": "text/plain"}, b"done"), AnsweredNonsense, "no JSON"),
        ((200, {}, _is({"status": "ok"})), AnsweredNonsense, "version 1"),
        ((200, {}, _is({"tars": 2, "is_error": False, "output": 1})), AnsweredNonsense, "version 1"),
        ((204, {}, b""), AnsweredNonsense, "no JSON"),
        ((202, {}, b""), AnsweredNonsense, "no JSON"),
        ((302, {"location": "http://127.0.0.1:22/"}, b""), AnsweredNonsense, "redirect"),
        ((307, {"location": "https://example.com/"}, b""), AnsweredNonsense, "redirect"),
        ((500, {}, b"Internal Server Error"), AnsweredNonsense, "500"),
        ((500, {}, envelope.write_reply(DONE)), AnsweredNonsense, "says it succeeded"),
        ((401, {}, _is({"detail": "no"})), AnsweredNonsense, "401"),
        ((503, {}, b""), Unreachable, "cannot take work now"),
        ((429, {}, b""), Unreachable, "cannot take work now"),
        ((200, {}, b"x" * 2_000_000), AnsweredTooMuch, "1,048,576"),
    ],
)
def test_call__bad_answer__is_a_named_error(
    server: Receiver, answer: Answer, error: type[AgentError], words: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error, match=words):
        asked(server)
    assert len(server.got) == 1, "nothing was followed"


def test_call__unavailable__has_not_run_and_may_be_asked_again(server: Receiver) -> None:
    server.says(503)
    with pytest.raises(Unreachable) as caught:
        asked(server)
    assert (caught.value.may_have_run, caught.value.is_passing) == (False, True)


def test_call__drips__ends_by_the_deadline(server: Receiver) -> None:
    server.drips = Event()
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        asked(server, seconds=0.4)
    assert time.monotonic() - started < 3 and caught.value.may_have_run


def test_call__nobody_there__has_not_run(server: Receiver, settings: Any) -> None:
    with pytest.raises(Unreachable) as caught:
        asked(server, url="http://127.0.0.1:9/")
    assert caught.value.may_have_run is False


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://10.0.0.1/", "https://[::1]/", "ftp://x/", "https://u:p@x.example/"]
)
def test_call__address_that_tars_does_not_call__is_refused(server: Receiver, url: str) -> None:
    with pytest.raises(AgentAddressRefused):
        asked(server, url=url)


def test_call__progress_refuses__ends_the_call(server: Receiver) -> None:
    def stop(_percent: int, _sentence: str) -> None:
        raise InterruptedError

    server.answers = [(202, {}, envelope.write_accepted(Accepted("/runs/1")))]
    agent = HttpAgent(url=server.url, signer=KEY)
    with pytest.raises(InterruptedError):
        agent.call(a_call(), on_progress=stop)


def test_tools__are_none(server: Receiver) -> None:
    agent = HttpAgent(url=server.url, signer=KEY)
    assert agent.tools() == ()
    agent.close()
