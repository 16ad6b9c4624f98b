"""What the API takes and answers about drift states; the schema is read off it."""

from __future__ import annotations

from governance.drift.actions import LONGEST
from governance.drift.models import DriftWord
from governance.rest import Body, Choice, Instant, Record, Text


class NewState(Body):
    """The state the system is in from now on, and why."""

    state = Choice(DriftWord.values)
    reason = Text(max_length=LONGEST)


class Standing(Record):
    """Where a system stands."""

    system = Text()
    state = Choice(DriftWord.values)
    since = Instant()
    reason = Text(allow_blank=True)
    changed_by = Text(allow_blank=True, help_text="empty while nobody and nothing ever moved it")
