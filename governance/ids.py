"""Identifiers that sort by time: UUIDv7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
from datetime import datetime
from uuid import UUID


def new_id(at: datetime) -> UUID:
    """A UUIDv7 of the moment `at` (aware): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = _milliseconds(at)
    random = int.from_bytes(os.urandom(10), "big")
    high = (milliseconds << 16) | 0x7000 | (random >> 68)
    low = (0b10 << 62) | (random & (2**62 - 1))
    return UUID(int=(high << 64) | low)


def first_id(at: datetime) -> UUID:
    """The lowest identifier of that millisecond: ids below it are of an earlier one."""
    return UUID(int=_milliseconds(at) << 80)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000) & (2**48 - 1)
