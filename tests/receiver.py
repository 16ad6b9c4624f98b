"""A real HTTP server in the test's own process, which remembers what it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for good: a status, or a status with headers and a body."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(204, {}, b"")])
    drips: Event | None = None

    def says(self, *statuses: int) -> None:
        self.answers = [(status, {}, b"") for status in statuses]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listens on a free port of this machine until the block ends."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.got.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, answer = seen.answers[0] if len(seen.answers) == 1 else seen.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if seen.drips is not None:
                self.end_headers()
                with suppress(OSError):  # the caller hangs up
                    while not seen.drips.wait(0.02):
                        self.wfile.write(b".")
                return
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        if seen.drips is not None:
            seen.drips.set()
        server.shutdown()
        server.server_close()
