"""What the inbox reads: its lines, its page, the batch lane."""

from __future__ import annotations

from tarsweb.inbox.queries.hands import Person, holders_of
from tarsweb.inbox.queries.lane import Together, lanes_of, together
from tarsweb.inbox.queries.lines import Line, found_line, waiting, waiting_count
from tarsweb.inbox.queries.page import Filter, Hand, Inbox, Sort, Tab, inbox, news

__all__ = [
    "Filter",
    "Hand",
    "Inbox",
    "Line",
    "Person",
    "Sort",
    "Tab",
    "Together",
    "found_line",
    "holders_of",
    "inbox",
    "lanes_of",
    "news",
    "together",
    "waiting",
    "waiting_count",
]
