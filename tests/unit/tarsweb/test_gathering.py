"""When a request on its way in is whole: by its length, by its chunks, or because waiting longer helps nobody."""

from __future__ import annotations

import pytest

from tarsweb.supervisor.gathering import HEAD_AT_MOST, LARGEST, Gathering, Stage

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"
CHUNKS = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6;x=y\r\n0\r\n\r\nA\r\n0\r\nTrailer: t\r\n\r\n"


@pytest.mark.parametrize("request_bytes", [GET, POST, CHUNKS, b"\r\n\r\n"])
def test_take__byte_by_byte__whole_at_the_last_byte_and_not_before(request_bytes: bytes) -> None:
    found = Gathering(since=0)
    for number, byte in enumerate(request_bytes, start=1):
        found.take(bytes([byte]), at=number)
        assert (found.stage is Stage.WHOLE) == (number == len(request_bytes)), number


@pytest.mark.parametrize("request_bytes", [GET, POST, CHUNKS])
def test_take__all_at_once_with_more_behind__whole_and_all_kept(request_bytes: bytes) -> None:
    found = Gathering(since=0)
    found.take(request_bytes + b"GET / HT", at=1)
    assert found.stage is Stage.WHOLE and bytes(found.data) == request_bytes + b"GET / HT"


def test_take__too_large__said_at_the_head_and_nothing_is_kept() -> None:
    found = Gathering(since=0)
    found.take(f"POST /api/v1/x HTTP/1.1\r\nContent-Length: {LARGEST + 1}\r\n\r\n".encode(), at=1)
    found.take(b"more", at=2)
    assert found.stage is Stage.TOO_LARGE and found.target == b"/api/v1/x" and not found.data


def test_take__endless_chunks__too_large() -> None:
    found = Gathering(since=0)
    found.take(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", at=1)
    for _ in range(LARGEST // 0xFFFF + 2):
        found.take(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n", at=2)
    assert found.stage is Stage.TOO_LARGE


@pytest.mark.parametrize("rest", [b"zz\r\n", b"-1\r\n", b"x" * (HEAD_AT_MOST + 1)])
def test_take__malformed_chunks__left_to_the_server(rest: bytes) -> None:
    found = Gathering(since=0)
    found.take(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + rest, at=1)
    assert found.stage is Stage.WHOLE


def test_take__endless_head__left_to_the_server() -> None:
    found = Gathering(since=0)
    found.take(b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_AT_MOST, at=1)
    assert found.stage is Stage.WHOLE


def test_take__expects_a_word_before_the_body() -> None:
    found = Gathering(since=0)
    found.take(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", at=1)
    assert found.stage is Stage.BODY and found.expects_continue and found.since == 1
