"""gunicorn's threaded worker that lets no slow client hold a thread: a request is gathered whole before one takes it up.

A byte a second, in the headers or in the body, then costs a socket and its bytes, never a thread. What is not whole in time is
dropped; what says it is too large is told so and never read.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from tarsweb.supervisor.gathering import LARGEST, Gathering, Stage

HEAD_SECONDS, BODY_SECONDS, GOODBYE_SECONDS = 15.0, 120.0, 5.0
HELD_AT_MOST = 128 * 1024 * 1024
_SENTENCE = f"This is larger than the {LARGEST // (1024 * 1024)} MB that TARS takes at once. Nothing was done."
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientWorker(ThreadWorker):
    """Gathers in the main loop, which never blocks; threads see whole requests only."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.gathering: dict[Any, Gathering] = {}

    def accept(self, listener: Any) -> None:
        try:
            client, address = listener.accept()
        except OSError:
            return
        self.nr_conns += 1
        self._gather(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request of a kept connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """What the client sent ahead of its next request is gathered too: no thread waits for the rest of it."""
        if conn.parser is not None:
            conn.ahead = conn.parser.unreader.take_buffered()
        super().finish_request(conn, fs)
        if conn in self.keepalived_conns and conn.ahead:
            self.on_client_socket_readable(conn, conn.sock)

    def murder_pending(self) -> None:
        """Once a second: drop what is not whole in time, and everything unfinished when stopping."""
        super().murder_pending()
        now = time.monotonic()
        for conn, found in list(self.gathering.items()):
            seconds = {Stage.HEAD: HEAD_SECONDS, Stage.BODY: BODY_SECONDS}.get(found.stage, GOODBYE_SECONDS)
            if now - found.since > seconds or not self.alive:
                self._drop(conn)

    def handle(self, conn: Any) -> Any:
        """In a thread: give the parser the bytes that were gathered, then go on as gunicorn does."""
        conn.data_ready = True
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.unread(conn.whole)
        conn.whole = b""
        return super().handle(conn)

    def _gather(self, conn: Any) -> None:
        conn.sock.setblocking(False)
        found = self.gathering[conn] = Gathering(since=time.monotonic())
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))
        ahead, conn.ahead = getattr(conn, "ahead", b""), b""
        if ahead:
            self._look(conn, found, ahead)

    def _readable(self, conn: Any, client: Any) -> None:
        found = self.gathering[conn]
        try:
            data = client.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data or sum(len(one.data) for one in self.gathering.values()) > HELD_AT_MOST:
            self._drop(conn)
        else:
            self._look(conn, found, data)

    def _look(self, conn: Any, found: Gathering, data: bytes) -> None:
        before = found.stage
        found.take(data, at=time.monotonic())
        if before is Stage.HEAD and found.stage is Stage.BODY and found.expects_continue:
            _sent(conn, _CONTINUE)
        if before is not Stage.TOO_LARGE and found.stage is Stage.TOO_LARGE:
            _sent(conn, _refusal(found))
        if found.stage is Stage.WHOLE:
            self._leave(conn)
            conn.whole = bytes(found.data)
            self.enqueue_req(conn)

    def _leave(self, conn: Any) -> None:
        del self.gathering[conn]
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Any) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.close()


def _sent(conn: Any, data: bytes) -> None:
    with contextlib.suppress(OSError):
        conn.sock.send(data)


def _refusal(found: Gathering) -> bytes:
    """413 as the face that was asked would say it."""
    kind, body = "text/plain; charset=utf-8", _SENTENCE.encode()
    if found.target.startswith(b"/api/"):
        problem = {"type": "urn:tars:problem:too_large", "title": "Too large", "status": 413, "code": "too_large"}
        kind, body = "application/problem+json", json.dumps({**problem, "detail": _SENTENCE, "errors": []}).encode()
    head = f"HTTP/1.1 413 Content Too Large\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
