"""An n8n webhook, as its Webhook node answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from routing.connectors import envelope
from routing.connectors.contract import AgentError, AnsweredNonsense, AnsweredTooMuch, Reply, Unreachable, Usage
from routing.connectors.n8n import N8nAgent
from tests.receiver import Receiver, receiver
from tests.unit.routing.connectors.calls import Heard, a_call


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        found.answers = [(200, {}, b'{"rows": 3}')]
        yield found


def asked(server: Receiver, **changes: Any) -> Reply:
    agent = N8nAgent(url=f"{server.url}/webhook/x", secret="n8n-secret-1", **changes)
    return agent.call(a_call(), on_progress=Heard())


@pytest.mark.parametrize("answer", [{"rows": 3}, [{"rows": 3}, {"rows": 4}], "done", 0, {"message": "Sent."}])
def test_call__any_json__is_the_output(server: Receiver, answer: Any) -> None:
    server.answers = [(200, {}, json.dumps(answer).encode())]
    reply = asked(server)
    assert (reply.output, reply.is_error, reply.usage) == (answer, False, Usage())


def test_call__body_and_secret__are_what_a_workflow_reads(server: Receiver) -> None:
    asked(server)
    got = server.got[0]
    body = json.loads(got.body)
    assert sorted(body) == ["action", "input", "request", "tars", "tool"]
    assert body["request"] == "Audit payroll compliance" and body["tars"]["mode"] == "direct"
    assert got.headers["x-tars-secret"] == "n8n-secret-1"
    assert "n8n-secret-1" not in repr(N8nAgent(url="x", secret="n8n-secret-1"))


def test_call__workflow_answers_the_envelope__is_read_as_one(server: Receiver) -> None:
    said = Reply(output=1, is_partial=True, usage=Usage(api_calls=4))
    server.answers = [(200, {}, envelope.write_reply(said))]
    reply = asked(server)
    assert (reply.output, reply.is_partial, reply.usage.api_calls) == (1, True, 4)


def test_call__workflow_fails__is_a_failure_without_the_secret(server: Receiver) -> None:
    server.answers = [(500, {}, b'{"code":0,"message":"Error in workflow, header n8n-secret-1"}')]
    reply = asked(server)
    assert (reply.is_error, reply.error) == (True, "Error in workflow, header [hidden]")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((200, {}, b'{"message":"Workflow was started"}'), AnsweredNonsense, "respond when the last node finishes"),
        ((200, {}, b""), AnsweredNonsense, "nothing"),
        ((200, {}, b"<html>"), AnsweredNonsense, "no JSON"),
        ((404, {}, b'{"code":404,"message":"The webhook is not registered."}'), Unreachable, "not registered"),
        ((403, {}, b"Authorization data is wrong!"), AnsweredNonsense, "403"),
        ((502, {}, b"<html>"), Unreachable, "502"),
        ((200, {}, b"[" + b"1," * 900_000 + b"1]"), AnsweredTooMuch, "bytes"),
    ],
)
def test_call__bad_answer__is_a_named_error(
    server: Receiver, answer: tuple[int, dict[str, str], bytes], error: type[AgentError], words: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error, match=words):
        asked(server)
