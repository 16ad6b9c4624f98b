"""What the API takes and answers about executions; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from governance.registry.models import Lifecycle
from governance.rest import Anything, Body, Choice, Flag, Instant, Object, Query, Record, Text, Whole
from routing.executions.afterwards import WORDS
from routing.executions.asked import KEY_LENGTH, TEXT_LENGTH
from routing.executions.queries import OPEN, RATINGS
from routing.executions.stages import Stage, Status
from routing.figures.span import CHOICES, USUAL

LONGEST_NAME = 200
STAGES = [one.value for one in Stage]
STATUSES = [one.value for one in Status]
LIFECYCLE = [one.value for one in Lifecycle]
MODES = ("direct", "approved")


def _dollars() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=18, decimal_places=6, allow_null=True, help_text="null: unknown, never 0"
    )


class NewRequest(Body):
    """Work in words. Only `text` is needed: TARS finds the system and the action."""

    text = Text(max_length=TEXT_LENGTH, help_text="what is to be done")
    input = Anything(required=False, default=None, allow_null=True, help_text="any JSON that goes with it")
    system = Text(
        required=False, default="", allow_blank=True, max_length=LONGEST_NAME, help_text="the one that must do it"
    )
    action = Text(required=False, default="", allow_blank=True, max_length=200, help_text="empty: by the words")
    session = Text(required=False, default="", allow_blank=True, max_length=200, help_text="whose rules hold too")
    parent_id = serializers.UUIDField(
        required=False,
        default=None,
        allow_null=True,
        help_text="the execution that a system is at work on and hands a part of on, with its own token",
    )
    key = Text(
        required=False,
        default="",
        allow_blank=True,
        max_length=KEY_LENGTH,
        help_text="names the request for good; without it Idempotency-Key does",
    )


class Taken(Record):
    """A request that was taken on."""

    id = serializers.UUIDField()
    stage = Choice(STAGES)
    sentence = Text()
    follow = Text(help_text="the address that says where it stands")
    url = Text(help_text="its page, for people")


class ExecutionQuery(Query):
    q = Text(required=False, allow_blank=True, max_length=200, help_text="words of the request")
    system = Text(required=False, allow_blank=True, max_length=LONGEST_NAME)
    state = Choice(
        [OPEN, *STAGES, *STATUSES],
        required=False,
        allow_blank=True,
        help_text="a stage, how it ended, or open: not done",
    )
    channel = Text(required=False, allow_blank=True, max_length=40, help_text="through what it came, such as page, api")
    mode = Choice(MODES, required=False, allow_blank=True, help_text="approved: a person had to be asked")
    stars = serializers.IntegerField(required=False, min_value=1, max_value=5)
    rating = Choice(list(RATINGS), required=False, allow_blank=True, help_text="good: 4 or 5 stars, poor: 1 or 2")
    who = Text(required=False, allow_blank=True, max_length=200, help_text="a part of the name that asked")
    disputed = serializers.BooleanField(required=False, default=False)
    since = Instant(required=False)
    until = Instant(required=False, help_text="before this")
    mine = serializers.BooleanField(required=False, default=False)
    waiting = serializers.BooleanField(required=False, default=False, help_text="for the caller's answer")


class StepQuery(Query):
    after = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=100_000, help_text="how many steps are known already"
    )


class Line(Record):
    """One request, under way or done."""

    id = serializers.UUIDField()
    request = Text()
    system = Text(allow_blank=True, help_text="empty: not chosen yet")
    action = Text(allow_blank=True)
    stage = Choice(STAGES)
    status = Choice(STATUSES, allow_null=True, help_text="how it ended; null while it is under way")
    channel = Text(allow_blank=True)
    requested_by = Text()
    parent_id = serializers.UUIDField(allow_null=True)
    created_at = Instant()
    finished_at = Instant(allow_null=True)
    cost_usd = _dollars()
    progress = Whole(min_value=0, max_value=100, help_text="0: unknown")
    progress_note = Text(allow_blank=True)
    stars = Whole(allow_null=True, min_value=1, max_value=5)
    is_disputed = Flag()


class Hop(Line):
    """A part of a request that its system handed on."""


class Question(Record):
    """What a person is asked: one call, exactly as it would be made. An answer names `digest`."""

    id = serializers.UUIDField()
    digest = Text()
    due_at = Instant(allow_null=True)
    system = Text()
    action = Text()
    tool = Text(allow_blank=True)
    constitution_version = Whole()
    maximum = Text(allow_blank=True, help_text="what it may cost at most; empty: nobody said")
    way = Text(allow_blank=True, help_text="how the agent is reached")
    target = Text(allow_blank=True)
    moved = Text(allow_blank=True, help_text="what moved since it was asked; empty: nothing")
    why_not_approve = Text(allow_blank=True, help_text="why the caller cannot; empty: they can")
    why_not_reject = Text(allow_blank=True)


class Verdict(Record):
    """What the rules said about it."""

    id = serializers.UUIDField(allow_null=True)
    outcome = Text(allow_blank=True)
    sentence = Text(allow_blank=True)


class Held(Record):
    """Money set aside for one call, decimal text by resource type."""

    id = serializers.UUIDField()
    state = Text()
    amounts = Object()
    actual = Anything(help_text="null until it is charged or given back")
    is_priced = Flag(help_text="false: a price or a measure was unknown, so the whole hold was charged")


class Sealed(Record):
    """Its receipt; `receipt/` below it gives the document."""

    digest = Text()
    signer = Text()
    ledger_sequence = Whole(allow_null=True, help_text="null: signed, and in the ledger within a minute")


class Execution(Line):
    """One request with everything that is known of it, under way or done."""

    sentence = Text(help_text="where it stands")
    input = Anything()
    answer = Anything(help_text="what the agent answered; null until it is done")
    error = Text(allow_blank=True)
    session = Text(allow_blank=True)
    steps = serializers.ListField(child=Object(), help_text="what happened, in order")
    routing_path = serializers.ListField(child=Text(), help_text="who was called, in order")
    route = Anything(help_text="every candidate with its score and its vetoes; null until it is routed")
    governance_check = Object()
    verdict = Verdict()
    question = Question(allow_null=True, help_text="null: nobody is asked now")
    holds = Held(many=True)
    deadline_at = Instant(allow_null=True)
    duration_ms = Whole(allow_null=True)
    is_cancel_wanted = Flag()
    feedback = Text(allow_blank=True)
    rated_by = Text(allow_blank=True)
    rated_at = Instant(allow_null=True)
    suggestions = serializers.ListField(child=Text())
    should_retry_with_different_path = Flag(help_text="another system is left that might do better")
    dispute = Text(allow_blank=True)
    disputed_by = Text(allow_blank=True)
    disputed_at = Instant(allow_null=True)
    corrected_to = Text(allow_blank=True, help_text="the system that should have got it, as somebody says")
    corrected_by = Text(allow_blank=True)
    hops = Hop(many=True, help_text="what was handed on of it, the first hundred")
    receipt = Sealed(allow_null=True)
    lifecycle_state = Choice(LIFECYCLE, help_text="ARCHIVED: its contents are in a file; `restore/` brings them back")
    url = Text(help_text="its page, for people")


class Steps(Record):
    """What happened since. Ask again with `next` as `after`, and with the `ETag` in `If-None-Match`: 304 while nothing did."""

    stage = Choice(STAGES)
    status = Choice(STATUSES, allow_null=True)
    progress = Whole(min_value=0, max_value=100)
    progress_note = Text(allow_blank=True)
    steps = serializers.ListField(child=Object())
    next = Whole()


class Asked(Record):
    """Whether the rules are asked again."""

    has_moved = Flag()
    sentence = Text()


class Decision(Body):
    """An answer to what `digest` names; a person confirms it with their password or code."""

    digest = Text(max_length=100)
    note = Text(required=False, default="", allow_blank=True, max_length=2000)
    password = Text(required=False, default="", allow_blank=True, max_length=200)


class Rating(Body):
    """1 to 5 stars, with words."""

    stars = Whole(min_value=1, max_value=5)
    words = Text(required=False, default="", allow_blank=True, max_length=WORDS)


class Correction(Body):
    """Who should have got it."""

    system = Text(allow_blank=True, max_length=200, help_text="an active system; empty takes back what was said")


class Dispute(Body):
    """What is not right."""

    words = Text(max_length=WORDS)


class Anchor(Record):
    """The way from the receipt to the root that a ledger entry holds (RFC 6962)."""

    ledger_sequence = Whole()
    leaf = Whole()
    size = Whole()
    root = Text()  # type: ignore[assignment]
    path = serializers.ListField(child=Text())


class Receipt(Record):
    """What was done, signed. `tars ledger verify --receipt FILE` judges it with nothing else at hand."""

    statement = Text(help_text="the canonical JSON that digest names and signature covers")
    digest = Text()
    signer = Text()
    signature = Text()
    anchor = Anchor(allow_null=True, help_text="null: in the ledger within a minute")
    establishes = serializers.ListField(child=Text())
    does_not_establish = serializers.ListField(child=Text())


class FigureQuery(Query):
    days = Choice(
        [str(one) for one in CHOICES], required=False, default=str(USUAL), help_text="UTC days, today included"
    )
    by = Choice(["day", "system"], required=False, default="day")
    system = Text(required=False, allow_blank=True, default="", max_length=LONGEST_NAME, help_text="only this one's")
    exact = serializers.BooleanField(
        required=False, default=False, help_text="count the executions themselves, not the days' rollups"
    )


class FigureRow(Record):
    """Executions of one UTC day or of one system, added up. Times in milliseconds; median and 95th percentile within 9.1 %.

    null: nothing is known. `stars` is of systems' executions that were rated.
    """

    day = Text(allow_null=True)
    system = Text(allow_null=True, help_text="empty: what nobody got; null: of all systems")
    status = Text(allow_null=True)
    total_executions = Whole()
    successful_executions = Whole()
    failed = Whole()
    partial = Whole()  # type: ignore[assignment]
    timed_out = Whole()
    governance_blocked = Whole()
    success_rate = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True, help_text="per cent")
    avg_confidence = serializers.DecimalField(max_digits=5, decimal_places=4, allow_null=True)
    avg_cost_usd = _dollars()
    cost_usd = _dollars()
    avg_execution_time_ms = Whole(allow_null=True)
    median_ms = Whole(allow_null=True)
    p95_ms = Whole(allow_null=True)
    max_ms = Whole(allow_null=True)
    avg_user_satisfaction = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    rated = Whole()


class Figures(Record):
    """`first` and `last` are UTC days, both included. The numbers are exact at `as_of`."""

    as_of = Instant()
    first = serializers.DateField()
    last = serializers.DateField()
    exact = Flag(help_text="whether the executions themselves were counted")
    results = FigureRow(many=True)
