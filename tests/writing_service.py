"""A real HTTP server that speaks OpenAI's `/chat/completions`, for tests: the texts it is given, or whatever a test makes of the
answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Change = Callable[[dict[str, Any]], Any]


@dataclass
class WritingService:
    """`texts` are said as a JSON list, or `words` as they stand; `spoil` changes the right answer, `raw` is sent instead of any,
    `knows` is the one name of the limit that is taken, `hangs` holds every answer back."""

    url: str = ""
    key: str = "sk-test-1234567890abcdef"
    status: int = 200
    texts: list[Any] = field(default_factory=list)
    words: str | None = None
    knows: str = "max_tokens"
    spoil: Change = lambda answer: answer
    raw: bytes | None = None
    hangs: Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tasks(self) -> list[str]:
        """What the model was asked to write, all words of it."""
        return ["\n".join(one["content"] for one in asked["messages"]) for asked in self.asked]

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        self.asked.append(asked)
        if path != "/v1/chat/completions":
            return 404, b"{}"
        if authorization != f"Bearer {self.key}":
            return 401, json.dumps({"error": {"message": f"Incorrect API key provided: {authorization}"}}).encode()
        if self.status != 200 or self.knows not in asked:
            status = 400 if self.status == 200 else self.status
            return status, json.dumps({"error": {"message": f"no: {asked['messages']}"}}).encode()
        words = json.dumps(self.texts) if self.words is None else self.words
        message = {"role": "assistant", "content": words}
        usage = {"prompt_tokens": 120, "completion_tokens": 40, "total_tokens": 160}
        right = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
        return 200, json.dumps(self.spoil(right)).encode() if self.raw is None else self.raw


@contextmanager
def writing_service() -> Iterator[WritingService]:
    """Listens on a free port of this machine until the block ends."""
    service = WritingService()

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
        yield service
    finally:
        if service.hangs is not None:
            service.hangs.set()
        server.shutdown()
        server.server_close()
