"""Rows of one tenant as a stream of records, through server-side cursors: memory does not follow the table's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import IsolationLevel

from governance.audit.records import (
    Amendment,
    Chain,
    Decision,
    Entry,
    Key,
    Move,
    Proposal,
    Record,
    Revision,
    Rollback,
    System,
    Version,
)
from governance.canonical import digest_json_text
