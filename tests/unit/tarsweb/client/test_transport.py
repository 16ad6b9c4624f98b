"""The client against answers as a server may give them, good and bad."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx2
import pytest
import stamina

from tarsweb.client import ClientError, Problem, Tars, Unreachable

SERVER = "https://tars.example"
Answering = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def _tars(answer: Answering, *, server: str = SERVER) -> Tars:
    return Tars(server, token="tars_x", transport=httpx2.MockTransport(answer))


def _in_turn(*answers: httpx2.Response) -> tuple[Answering, list[httpx2.Request]]:
    asked: list[httpx2.Request] = []
    left = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return left.pop(0)

    return answer, asked


def test_token__travels_in_the_header_and_never_in_clear_over_a_network() -> None:
    answer, asked = _in_turn(httpx2.Response(200, json={"name": "clay"}))
    assert _tars(answer).system("clay")["name"] == "clay"
    assert asked[0].headers["Authorization"] == "Bearer tars_x"
    with pytest.raises(ClientError, match="https"):
        _tars(answer, server="http://tars.example")
    _tars(answer, server="http://127.0.0.1:8000")


@pytest.mark.parametrize("server", ["", "tars.example", "ftp://tars.example", "https://"])
def test_server__that_is_no_address__refused(server: str) -> None:
    with pytest.raises(ClientError, match="address"):
        _tars(lambda request: httpx2.Response(200), server=server)


def test_name__with_a_slash__stays_one_name() -> None:
    answer, asked = _in_turn(httpx2.Response(200, json={}))
    _tars(answer).system("a/../b?c")
    assert asked[0].url.raw_path == b"/api/v1/systems/a%2F..%2Fb%3Fc/"


def test_pages__are_followed_to_the_end() -> None:
    first = {"results": [{"name": "a"}], "next": "/api/v1/systems/?cursor=YQ=="}
    answer, asked = _in_turn(
        httpx2.Response(200, json=first), httpx2.Response(200, json={"results": [{"name": "b"}], "next": None})
    )
    assert [row["name"] for row in _tars(answer).systems()] == ["a", "b"]
    assert asked[1].url.params["cursor"] == "YQ=="


@pytest.mark.parametrize("following", ["https://evil.example/api/v1/systems/", "/elsewhere/", "//evil.example/api/v1/"])
def test_pages__that_lead_elsewhere__are_not_followed(following: str) -> None:
    answer, asked = _in_turn(httpx2.Response(200, json={"results": [], "next": following}))
    with pytest.raises(Unreachable, match="not its own API"):
        list(_tars(answer).systems())
    assert len(asked) == 1


def test_retry__repeats_the_same_key_so_that_it_takes_effect_once() -> None:
    answer, asked = _in_turn(
        httpx2.Response(503, json={"status": 503}),
        httpx2.Response(429, json={"status": 429}),
        httpx2.Response(200, json={"id": "AMD-1"}),
    )
    assert _tars(answer).act(1, "withdraw")["id"] == "AMD-1"
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1 and len(asked) == 3


def test_retry__gives_up_with_the_servers_own_words() -> None:
    problem = {"status": 503, "code": "no_ledger", "detail": "This tenant has no ledger."}
    answer, asked = _in_turn(*(httpx2.Response(503, json=problem) for _ in range(3)))
    with pytest.raises(Problem, match="no ledger") as refused:
        _tars(answer).system("clay")
    assert refused.value.code == "no_ledger" and len(asked) == 3


def test_problem__carries_pointers_and_where_to_go_on() -> None:
    body = {
        "status": 403,
        "code": "not_confirmed",
        "detail": "Confirm on the page.",
        "link": f"{SERVER}/amendments/AMD-4/#decide",
        "errors": [{"pointer": "/password", "detail": "is missing"}],
        "request_id": "abc",
    }
    answer, asked = _in_turn(httpx2.Response(403, json=body))
    with pytest.raises(Problem) as refused:
        _tars(answer).act(4, "approve")
    problem = refused.value
    assert (problem.status, problem.errors, problem.link) == (403, (("/password", "is missing"),), body["link"])
    assert len(asked) == 1


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"\xff"])
def test_answer__that_is_no_api__is_said_so(content: bytes) -> None:
    with pytest.raises(Unreachable, match="address of a TARS"):
        _tars(lambda request: httpx2.Response(500, content=content)).system("clay")


def test_redirect__is_not_followed() -> None:
    away = httpx2.Response(302, headers={"Location": "https://evil.example/"})
    answer, asked = _in_turn(away)
    with pytest.raises(Unreachable):
        _tars(answer).system("clay")
    assert len(asked) == 1


def test_connection__that_fails__is_one_sentence() -> None:
    def refused(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused")

    with pytest.raises(Unreachable, match="does not answer"):
        _tars(refused).system("clay")


def test_propose__sends_what_the_api_takes() -> None:
    answer, asked = _in_turn(httpx2.Response(201, json={"id": "AMD-9"}))
    patch = [{"op": "replace", "path": "/a", "value": 1}]
    _tars(answer).propose(
        system="clay", amendment_type="manual_update", evidence={"reason": "x"}, base_version=2, patch=patch
    )
    sent = json.loads(asked[0].content)
    assert sent["patch"] == patch and sent["base_version"] == 2 and "constitution" not in sent
