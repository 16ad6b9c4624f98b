"""What the API takes and answers about the ledger; the schema is read off it."""

from __future__ import annotations

from governance.audit.filters import OUTCOMES
from governance.rest import Choice, Instant, Object, Query, Record, Text, Whole


class EntryQuery(Query):
    """The filters of the ledger page; a day means UTC here."""

    q = Text(required=False, allow_blank=True, max_length=200, help_text="words in subject, action and actor")
    event = Text(required=False, allow_blank=True, max_length=60, help_text="the kind of entry")
    actor = Text(required=False, allow_blank=True, max_length=200)
    outcome = Choice(OUTCOMES, required=False, allow_blank=True)
    action = Text(required=False, allow_blank=True, max_length=400, help_text="names or beginnings, commas between")
    subject = Text(required=False, allow_blank=True, max_length=200)
    since = Text(required=False, allow_blank=True, max_length=40, help_text="a day, or a time with an offset")
    until = Text(
        required=False, allow_blank=True, max_length=40, help_text="a day that is included, or a time that is not"
    )


class Entry(Record):
    """One entry of the chain."""

    sequence = Whole()
    id = Text()
    at = Instant()
    recorded_at = Instant()
    event_type = Text()
    action = Text()
    subject = Text(allow_blank=True)
    actor = Text()
    outcome = Choice(OUTCOMES)
    sentence = Text(allow_blank=True)
    entry_hash = Text()
    previous_hash = Text()
    signer = Text()


class Related(Record):
    sequence = Whole()
    at = Instant()
    actor = Text()
    sentence = Text(allow_blank=True)


class WholeEntry(Entry):
    """With its published form (docs/ledger.md), and the entries about the same thing around it."""

    document = Object(allow_null=True, help_text="null when the stored bytes cannot be read back")
    related = Related(many=True)
