"""Durations as counts in fixed logarithmic buckets, so that medians of days can be added up. Pure.

Bucket 0 holds what took less than a millisecond; bucket b from 1 holds 2^((b-1)/4) up to 2^(b/4) ms; the last one everything from
about 5.5 hours on. A quantile is the geometric middle of its bucket: at most 9.1 % (2^(1/8) - 1) from the true value.

Postgres keeps the counts as a `vector`, whose sum and `+` go by elements: in single precision, so exact up to 2^24 in a bucket.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

BUCKETS: Final = 100
STEPS: Final = 4
"""Buckets for each doubling."""
ERROR: Final = 2 ** (1 / (2 * STEPS)) - 1
"""How far a quantile may be from the true value, as a share of it."""
NONE_SQL: Final = f"array_fill(0::real, ARRAY[{BUCKETS}])::vector"
"""No durations at all."""


def bucket(ms: float) -> int:
    """Where a duration is counted."""
    return 0 if ms < 1 else min(BUCKETS - 1, 1 + math.floor(STEPS * math.log2(ms)))


def bucket_sql(column: str) -> str:
    """The same in Postgres; NULL for NULL."""
    return (
        f"CASE WHEN {column} < 1 THEN 0 "
        f"ELSE least({BUCKETS - 1}, 1 + floor({STEPS} * ln({column}::float8) / ln(2::float8))::integer) END"
    )


def counted_sql(column: str) -> str:
    """The sum of a column of buckets as counts, in an aggregating query."""
    one = f"array_fill(0::real, ARRAY[{column}]) || 1::real || array_fill(0::real, ARRAY[{BUCKETS - 1} - {column}])"
    return f"coalesce(sum(CASE WHEN {column} IS NOT NULL THEN ({one})::vector END), {NONE_SQL})"


def counts_sql(column: str) -> str:
    """The sum of a column of counts, as `counts_of` reads it."""
    return f"sum({column})::text"


def counts_of(text: str) -> list[float]:
    """Counts as Postgres writes a `vector`: as JSON writes a list, which is read sooner than a Postgres array."""
    found: list[float] = json.loads(text)
    return found


def quantile(counts: Sequence[float], share: float, *, most: float | None = None) -> float | None:
    """The duration in ms below which `share` of the counted ones lie, within `ERROR`; None where nothing was counted.

    `most` is the longest one, which no answer exceeds.
    """
    seen = list(accumulate(counts))
    if not seen or not seen[-1]:
        return None
    place = bisect_left(seen, max(1, math.ceil(share * seen[-1])))
    middle = 0.5 if place == 0 else 2 ** ((place - 0.5) / STEPS)
    return middle if most is None else min(middle, float(most))
