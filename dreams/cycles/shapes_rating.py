"""What the API takes and answers about stars for two answers; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from dreams.cycles.rating import STARS
from governance.rest import Body, Record, Text, Whole


class TwoStars(Body):
    """As the answers were shown: the first one's stars, the second one's."""

    request_key = Text(max_length=100)
    first = Whole(min_value=STARS.start, max_value=STARS.stop - 1)
    second = Whole(min_value=STARS.start, max_value=STARS.stop - 1)


class BlindPair(Record):
    request_key = Text()
    request = Text(allow_blank=True, help_text="what was asked; empty where it was destroyed")
    first = Text()
    second = Text()
    given = serializers.ListField(child=Whole(), allow_null=True, help_text="the stars one gave already, as shown")


class Comparison(Record):
    """Two answers to each request; `waits_for`: what a change of words waits for, empty where nothing does."""

    pairs = BlindPair(many=True)
    rated = Whole(help_text="pairs that have stars")
    normal_stars = serializers.FloatField(allow_null=True)
    dream_stars = serializers.FloatField(allow_null=True)
    waits_for = Text(allow_blank=True)
