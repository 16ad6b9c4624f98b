from __future__ import annotations

import pytest

from governance.scrub import scrubbed


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://me:pw@db/x failed", "postgres://[hidden]@db/x failed"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer [hidden]"),
        ("password=hunter2, rest", "password=[hidden], rest"),
        ('{"api_key": "xyz"}', '{"api_key": [hidden]"}'),
        ("sent whsec_AAAAAAAAAAAA away", "sent [hidden] away"),
        ("two\nlines\x00", "two lines"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_scrubbed__what_looks_like_a_secret_is_gone(text: str, clean: str) -> None:
    assert scrubbed(text) == clean


def test_scrubbed__known_secrets_and_length() -> None:
    assert scrubbed("the key is qwertz", secrets=["qwertz", ""]) == "the key is [hidden]"
    assert len(scrubbed("x" * 1000)) == 500
