from __future__ import annotations

import pytest

from tarsweb.health.checks import Check, Tone, size, worst


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (3_200, "3.2 kB"),
        (120_000_000, "120 MB"),
        (3.2e9, "3.2 GB"),
        (5e12, "5.0 TB"),
    ],
)
def test_size__as_people_read_it(number: float, said: str) -> None:
    assert size(number) == said


def test_worst__of_all() -> None:
    good, warn, bad = (Check(tone.value, "", tone, "") for tone in Tone)
    assert worst([]) == worst([good]) == Tone.GOOD
    assert worst([good, warn]) == Tone.WARN
    assert worst([bad, warn, good]) == Tone.BAD
