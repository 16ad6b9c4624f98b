"""The knowledge agent's folder of pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agents.knowledge_pages import DELETED, NoPage, Pages, PageTaken, page_id


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    found = Pages(tmp_path)
    found.create(title="Overtime in Ohio", text="Overtime is paid after 40 hours a week.")
    found.create(title="Holidays", text="There is no overtime on holidays. Ohio has ten.")
    found.create(title="Printers", text="The printer is on the second floor.")
    return found


def test_search__best_first__title_counts_more(pages: Pages) -> None:
    assert [hit.id for hit in pages.search("overtime OHIO", most=5)] == ["overtime-in-ohio", "holidays"]
    assert pages.search("overtime", most=1)[0].snippet.startswith("Overtime is paid")
    assert pages.search("payroll", most=5) == [] and pages.search("", most=5) == []


def test_snippet__of_a_long_page__holds_whole_words_and_says_where_it_was_cut(pages: Pages) -> None:
    text = "The first floor has nothing to print on. " * 5 + "Toner is in the basement. " + "Paper is upstairs. " * 20
    pages.create(title="Supplies", text=text)
    found = pages.search("toner", most=1)[0].snippet
    assert found.startswith("… ") and found.endswith(" …") and "Toner is in the basement." in found
    assert set(found.split()) - {"…"} <= set(text.split())


def test_create__same_page__changes_nothing_and_another_text_is_refused(pages: Pages) -> None:
    assert pages.create(title="Printers", text="The printer is on the second floor.")[1] == 0
    with pytest.raises(PageTaken):
        pages.create(title="printers", text="It moved.")
    assert len(pages.all()) == 3


def test_delete__page__is_put_aside(pages: Pages, tmp_path: Path) -> None:
    assert pages.delete("printers").title == "Printers"
    assert pages.search("printer", most=5) == []
    assert (tmp_path / DELETED / "printers.md").exists()
    with pytest.raises(NoPage):
        pages.delete("printers")


@pytest.mark.parametrize("id", ["../secret", "..", "", ".deleted/x", "a/b", "A", "/etc/passwd", "holidays\x00"])
def test_delete__id_that_leads_elsewhere__is_no_page(pages: Pages, tmp_path: Path, id: str) -> None:
    (tmp_path.parent / "secret.md").write_text("x")
    with pytest.raises(NoPage):
        pages.delete(id)


@given(st.text(max_size=120))
def test_page_id__any_title__stays_in_the_folder(title: str) -> None:
    assert Path(page_id(title)).name == page_id(title) and not page_id(title).startswith(".")
