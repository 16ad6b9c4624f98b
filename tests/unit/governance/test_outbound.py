"""The one client for calls that leave TARS, against a real server and against every way inside that we know."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from governance import outbound
from governance.outbound import AddressRefused, NoAnswer, call, demand_allowed
from tests.receiver import Receiver, receiver


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with receiver() as found:
        yield found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A resolver of our own: what is not in it does not exist."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host not in known:
            return real(host, port, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST})
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    return known


def test_call__receiver__gets_it_as_it_is(server: Receiver) -> None:
    server.answers = [(201, {"x-one": "1"}, b"thanks")]
    answer = call("POST", f"{server.url}/in?x=1", content=b'{"a":1}', headers={"X-Two": "2"})
    assert (answer.status, answer.body, answer.headers["x-one"], answer.is_cut) == (201, b"thanks", "1", False)
    got = server.got[0]
    assert (got.path, got.body, got.headers["x-two"]) == ("/in?x=1", b'{"a":1}', "2")
    assert got.headers["host"] == server.url.removeprefix("http://")
    assert got.headers["content-length"] == "7"


def test_call__redirect__is_not_followed(server: Receiver) -> None:
    server.answers = [(302, {"location": "http://169.254.169.254/latest/meta-data/"}, b"")]
    assert call("POST", server.url).status == 302
    assert len(server.got) == 1


def test_call__huge_answer__is_cut(server: Receiver) -> None:
    server.answers = [(200, {}, b"x" * 500_000)]
    answer = call("GET", server.url, most=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_call__dripping_answer__ends_by_the_deadline(server: Receiver) -> None:
    server.drips = Event()
    server.says(200)
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"within 0\.3 seconds"):
        call("GET", server.url, deadline=0.3)
    assert time.monotonic() - started < 3


def test_call__nobody_listens__says_so(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer, match="could not be reached"):
            call("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_call__proxy_of_the_environment__is_ignored(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert call("GET", server.url).status == 204


INSIDE = [
    "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.1/", "https://017700000001/", "https://127.1/", "https://0/", "https://0.0.0.0/",
    "https://169.254.169.254/latest/", "https://[fd00:ec2::254]/", "https://10.0.0.8/", "https://192.168.0.1:8443/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[fe80::1]/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_call__address_inside_in_any_spelling__refused(url: str, names: dict[str, list[str]]) -> None:
    with pytest.raises(AddressRefused, match="private address"):
        call("POST", url)


@pytest.mark.parametrize("addresses", [["10.0.0.5"], ["93.184.216.34", "127.0.0.1"]])
def test_call__name_that_leads_inside__refused(addresses: list[str], names: dict[str, list[str]]) -> None:
    names["rebind.example"] = addresses
    with pytest.raises(AddressRefused, match="private address"):
        call("POST", "https://rebind.example/")


def test_call__name__is_looked_up_once_and_that_address_is_called(
    server: Receiver, names: dict[str, list[str]], settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = ["ci.local"]
    names["ci.local"] = ["127.0.0.1"]
    port = server.url.rpartition(":")[2]
    assert call("POST", f"http://ci.local:{port}/").status == 204
    assert server.got[0].headers["host"] == f"ci.local:{port}"


def test_call__unknown_name__says_so(names: dict[str, list[str]]) -> None:
    with pytest.raises(NoAnswer, match="its name is not known"):
        call("POST", "https://nowhere.example/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "Only https"),
        ("ftp://example.com/", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("https://", "no web address"),
        ("https://x:99999/", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("https://me:secret@example.com/", "user name or password"),
        ("https://a\n.example/", "no web address"),
        ("https://example.com/" + "x" * 2000, "no web address"),
        ("https://127.0.0.1/", "private address"),
    ],
)
def test_demand_allowed__by_its_text_alone(url: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why):
        demand_allowed(url)


def test_demand_allowed__a_name__is_left_for_the_call() -> None:
    demand_allowed("https://hooks.example.com:8443/in?x=1")
