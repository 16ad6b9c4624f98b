"""A real HTTP server that speaks OpenAI's protocol, for tests; what it answers is a subclass's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar

Change = Callable[[dict[str, Any]], Any]


@dataclass
class ModelService:
    """`spoil` changes the right answer into the one that is sent; `raw` is sent instead of any; `hangs` holds answers back."""

    PATH: ClassVar[str] = ""
    url: str = ""
    key: str = "sk-test-1234567890abcdef"
    status: int = 200
    spoil: Change = lambda answer: answer
    raw: bytes | None = None
    hangs: Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def refusal(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        """A status and the words that come with it; None where the request is answered."""
        raise NotImplementedError

    def right(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What a good service answers."""
        raise NotImplementedError

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        self.asked.append(asked)
        if path != f"/v1/{self.PATH}":
            return 404, b"{}"
        if authorization != f"Bearer {self.key}":
            return 401, json.dumps({"error": {"message": f"Incorrect API key provided: {authorization}"}}).encode()
        if refusal := self.refusal(asked):
            status, words = refusal
            return status, json.dumps({"error": {"message": words}}).encode()
        right = self.right(asked)
        return 200, json.dumps(self.spoil(right)).encode() if self.raw is None else self.raw


@contextmanager
def listening(service: ModelService) -> Iterator[None]:
    """It listens on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = service.answer(self.path, self.headers.get("authorization", ""), body)
            if service.hangs is not None:
                service.hangs.wait(30)
            with suppress(OSError):  # the caller hung up
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield
    finally:
        if service.hangs is not None:
            service.hangs.set()
        server.shutdown()
        server.server_close()
