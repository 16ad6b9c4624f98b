"""What a mail says, and that a subject cannot become anything but a subject."""

from __future__ import annotations

from uuid import UUID

import pytest

from governance.notices.letters import SUBJECT_LENGTH, Home, Item, digest, news, one_line

HOME = Home(UUID(int=7), "OMS Consulting", "https://tars.example/")
LINK = f"https://tars.example/tenants/{HOME.tenant_id}/go/?to="


def test_news__says_it_and_leads_there_and_to_the_settings() -> None:
    letter = news(Item("Bo proposes AMD-1.", "/amendments/AMD-1/"), is_urgent=False, home=HOME)
    assert letter.subject == "Bo proposes AMD-1."
    assert letter.body.startswith(f"Bo proposes AMD-1.\n{LINK}/amendments/AMD-1/\n")
    assert f"{LINK}/notices/preferences/" in letter.body
    assert f'href="{LINK}/amendments/AMD-1/"' in letter.html
    assert "Nothing can be decided by answering" in letter.body and "Nothing can be decided by answering" in letter.html


def test_news__urgent__says_so_first() -> None:
    assert news(Item("Now.", "/"), is_urgent=True, home=HOME).subject == "Urgent: Now."


@pytest.mark.parametrize(
    "evil",
    [
        "a\r\nBcc: everybody@example.org",
        "a\nb",
        "a\u2028b\u2029c",
        "a\x00\x1b[31mb",
        "a\u0085b",
    ],
)
def test_one_line__nothing_ends_the_header(evil: str) -> None:
    assert one_line(evil).isprintable()
    assert "\n" not in one_line(evil) and "\r" not in one_line(evil)


def test_one_line__marks_that_turn_the_direction_are_gone() -> None:
    assert one_line("pay \u202e0001\u202c now\ud800") == "pay 0001 now"


def test_one_line__other_alphabets_stay() -> None:
    assert one_line("Größe §7.3 – 方針 🙂") == "Größe §7.3 – 方針 🙂"


def test_one_line__huge__is_cut_and_says_so() -> None:
    cut = one_line("word " * 10_000)
    assert len(cut) <= SUBJECT_LENGTH and cut.endswith("…")


def test_html__what_people_wrote_is_text() -> None:
    letter = news(Item("<script>alert(1)</script>", '/x"onclick="y'), is_urgent=False, home=HOME)
    assert "<script>" not in letter.html and 'x"on' not in letter.html


def test_link__a_path_with_a_query_stays_one_value() -> None:
    assert HOME.link("/ledger/?event=access&page=2") == f"{LINK}/ledger/%3Fevent%3Daccess%26page%3D2"


def test_digest__counts_what_it_holds_and_what_it_left_out() -> None:
    letter = digest([Item("One.", "/1/"), Item("Two.", "/2/")], left_out=3, home=HOME)
    assert letter.subject == "5 notices from OMS Consulting"
    assert letter.body.index("One.") < letter.body.index("Two.") < letter.body.index("3 more stand in your notices.")
    assert digest([Item("One.", "/1/")], home=HOME).subject == "1 notice from OMS Consulting"
