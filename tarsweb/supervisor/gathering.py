"""One HTTP/1 request on its way in: is it whole yet? Pure.

INVARIANT: this decides when the server's parser is given the bytes, never what they mean; a malformed request counts as whole,
because the parser can refuse it without waiting for more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

LARGEST = 12 * 1024 * 1024
"""A body above this is refused unread; the largest a page takes, an uploaded file, is below it."""
HEAD_AT_MOST = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\Z")


class Stage(Enum):
    HEAD = "head"
    BODY = "body"
    WHOLE = "whole"
    TOO_LARGE = "too large"


@dataclass
class Gathering:
    """What has arrived of one request. `since` is when its present stage began."""

    since: float
    data: bytearray = field(default_factory=bytearray)
    stage: Stage = Stage.HEAD
    expects_continue: bool = False
    target: bytes = b""
    _head_ends: int = 0
    _body: int | None = 0
    """The body's length, None for chunks."""
    _next: int = 0
    """Where the next chunk, or trailer line, begins."""
    _is_trailing: bool = False

    def take(self, data: bytes, *, at: float) -> None:
        """Add what arrived and move to the stage that follows from it."""
        if self.stage is Stage.TOO_LARGE:
            return
        self.data += data
        if self.stage is Stage.HEAD:
            self._read_head(at=at)
        if self.stage is Stage.BODY:
            self._read_body()

    def _read_head(self, *, at: float) -> None:
        found = self.data.find(b"\r\n\r\n")
        if found < 0:
            if len(self.data) > HEAD_AT_MOST:  # the server has words for that
                self.stage = Stage.WHOLE
            return
        head = bytes(self.data[: found + 2])
        self._head_ends = self._next = found + 4
        self.target = head.partition(b" ")[2].partition(b" ")[0][:200]
        length = _LENGTH.search(head)
        self._body = None if _CHUNKED.search(head) else int(length[1]) if length else 0
        self.expects_continue = bool(_CONTINUE.search(head))
        self.stage, self.since = Stage.BODY, at

    def _read_body(self) -> None:
        arrived = len(self.data) - self._head_ends
        if (self._body or 0) > LARGEST or arrived > LARGEST + HEAD_AT_MOST:
            self.stage = Stage.TOO_LARGE
            self.data.clear()
        elif self._body is None:
            self._read_chunks()
        elif arrived >= self._body:
            self.stage = Stage.WHOLE

    def _read_chunks(self) -> None:
        while self.stage is Stage.BODY:
            ends = self.data.find(b"\r\n", self._next)
            if ends < 0:
                if len(self.data) - self._next > HEAD_AT_MOST:
                    self.stage = Stage.WHOLE
                return
            line, after = bytes(self.data[self._next : ends]), ends + 2
            if self._is_trailing:
                self._next = after
                self.stage = Stage.WHOLE if not line else Stage.BODY
                continue
            size = _SIZE.match(line)
            if size is None:
                self.stage = Stage.WHOLE
                return
            length = int(size[1], 16)
            if length and len(self.data) < after + length + 2:
                return
            self._is_trailing = length == 0
            self._next = after + (length + 2 if length else 0)
