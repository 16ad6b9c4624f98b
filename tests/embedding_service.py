"""A real HTTP server that speaks OpenAI's `/embeddings`, for tests: lexical vectors, or whatever a test makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from routing.embeddings.lexical import Lexical

Change = Callable[[dict[str, Any]], Any]


@dataclass
class EmbeddingService:
    """`spoil` changes the right answer into the one that is sent; `raw` is sent instead of any."""

    url: str = ""
    key: str = "sk-test-1234567890abcdef"
    status: int = 200
    spoil: Change = lambda answer: answer
    raw: bytes | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        self.asked.append(asked)
        if path != "/v1/embeddings":
            return 404, b"{}"
        if authorization != f"Bearer {self.key}":
            return 401, json.dumps({"error": {"message": f"Incorrect API key provided: {authorization}"}}).encode()
        if self.status != 200:
            return self.status, json.dumps({"error": {"message": f"no: {asked['input']}"}}).encode()
        assert asked["encoding_format"] == "float" and all(text for text in asked["input"])
        vectors = Lexical().embed(asked["input"])[:, : asked.get("dimensions")]
        rows = [
            {"object": "embedding", "index": index, "embedding": [7 * float(number) for number in vector]}
            for index, vector in enumerate(vectors)
        ]
        # the order is not promised: the last comes first
        right = {"object": "list", "model": asked["model"], "data": rows[::-1], "usage": {"total_tokens": 1}}
        return 200, json.dumps(self.spoil(right)).encode() if self.raw is None else self.raw


@contextmanager
def embedding_service() -> Iterator[EmbeddingService]:
    """Listens on a free port of this machine until the block ends."""
    service = EmbeddingService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = service.answer(self.path, self.headers.get("authorization", ""), body)
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
        server.shutdown()
        server.server_close()
