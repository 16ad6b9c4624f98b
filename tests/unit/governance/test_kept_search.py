from __future__ import annotations

import pytest

from governance.searches.kept import LONGEST, kept


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ""),
        ("?q=AMD&type=&page=3", "q=AMD"),
        ("type=a&q=b", "q=b&type=a"),
        ("before=10&after=2&format=csv&all=1", ""),
        ("q=caf%C3%A9+noir", "q=caf%C3%A9+noir"),
        ("gone=1&q=x", "gone=1&q=x"),
        ("role=a&role=b", "role=a&role=b"),
        ("q=%3Cscript%3E", "q=%3Cscript%3E"),
    ],
)
def test_kept__holds_filters_and_nothing_else(query: str, wanted: str) -> None:
    assert kept(query) == wanted
    assert kept(kept(query)) == wanted


@pytest.mark.parametrize("query", ["q=" + "a" * LONGEST, "&".join(f"a{n}=1" for n in range(50)), "q=%00", "q=%ff"])
def test_kept__of_what_is_no_search__refused(query: str) -> None:
    with pytest.raises(ValueError, match="search"):
        kept(query)
