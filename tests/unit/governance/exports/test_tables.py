from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from pypdf import PdfReader

from governance.exports.manifest import Facts, manifest, packed
from governance.exports.paper import NOTE, as_pdf, printable
from governance.exports.table import Column, Row, as_csv, as_json, as_jsonl, cell
from tests.architecture.repository import ROOT

AT = datetime(2026, 11, 27, 22, 0, tzinfo=UTC)
FONT = ROOT / "static" / "fonts" / "dejavu-sans.ttf"
COLUMNS = (Column("n", "Entry", 1), Column("who", "Who", 3), Column("hidden"))
FACTS = Facts(
    title="Ledger",
    tenant_id="t-1",
    tenant_name="Café Ελλάς",
    words="by Zoë, from 2026-07-01T00:00:00Z",
    query="actor=Zo%C3%AB",
    filter={"actor": "Zoë"},
    exported_by="uma@example.org",
    exported_at=AT,
    head_sequence=812,
    head_hash="sha256:" + "ab" * 32,
)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_cell__that_would_be_a_formula__stays_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_cell__plain_values() -> None:
    assert [cell(value) for value in (None, "", -1, True, AT, ("a", "b"), "ok")] == [
        "",
        "",
        "-1",
        "True",
        "2026-11-27T22:00:00Z",
        "a b",
        "ok",
    ]


def test_rows__as_csv_jsonl_and_json() -> None:
    rows = [Row({"n": 1, "who": 'a "b", c', "hidden": AT}, {"whole": "é"}), Row({"n": 2})]
    assert b"".join(as_csv(COLUMNS, rows)).decode() == 'n,who,hidden\r\n1,"a ""b"", c",2026-11-27T22:00:00Z\r\n2,,\r\n'
    assert [json.loads(line) for line in b"".join(as_jsonl(rows)).splitlines()] == [{"whole": "é"}, {"n": 2}]
    assert json.loads(b"".join(as_json(rows))) == [{"whole": "é"}, {"n": 2}]


def test_zip__checks_with_sha256sum_and_is_the_same_every_time() -> None:
    said = manifest(FACTS, file="ledger.csv", content=b"n\r\n1\r\n", count=1, entry=813)
    one, two = (packed(said, content=b"n\r\n1\r\n", at=AT) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert {name: sha256(archive.read(name)).hexdigest() for name in sums} == sums
        found = json.loads(archive.read("manifest.json"))
    assert found["sha256"] == sums["ledger.csv"]
    assert found["chain_head"] == {"sequence": 812, "entry_hash": FACTS.head_hash}
    assert found["filter"]["words"] == FACTS.words and found["count"] == 1 and found["ledger_entry"] == 813


def test_pdf__every_page_says_what_it_is_of() -> None:
    content, count = as_pdf(COLUMNS, [Row({"n": n, "who": f"person {n}"}) for n in range(120)], facts=FACTS, font=FONT)
    pages = PdfReader(io.BytesIO(content)).pages
    assert count == 120 and len(pages) > 2
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        for said in (
            "Ledger of Café Ελλάς",
            "Filter: by Zoë",
            "Taken 2026-11-27T22:00:00Z by uma@example.org",
            f"Chain head: entry 812, {FACTS.head_hash}",
            f"Page {number} of {len(pages)}",
            "Entry",
            "Who",
        ):
            assert said in text, (number, said)
        assert NOTE not in text
        assert "FontFile2" in str(page["/Resources"]["/Font"]["/F2+0"]["/FontDescriptor"].get_object())  # type: ignore[index]
    assert "person 119" in pages[-1].extract_text()


def test_pdf__names_of_other_scripts__are_drawn_or_named_by_code_point() -> None:
    rows = [
        Row({"n": 1, "who": "Jürgen Škoda Αλέξης Дмитрий → ▲"}),
        Row({"n": 2, "who": "王小 and يوسف and \U0001f600"}),
    ]
    content, _ = as_pdf(COLUMNS, rows, facts=FACTS, font=FONT)
    text = " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    assert "Jürgen Škoda Αλέξης Дмитрий → ▲" in text
    assert "[U+738B 5C0F] and [U+064A 0648 0633 0641] and" in text
    assert NOTE in text


def test_pdf__long_words_and_long_texts__stay_inside_their_column() -> None:
    content, count = as_pdf(
        COLUMNS, [Row({"n": 1, "who": "x" * 5000}), Row({"n": 2, "who": "é\n" * 50})], facts=FACTS, font=FONT
    )
    assert count == 2 and len(PdfReader(io.BytesIO(content)).pages) == 1


def test_printable__breaks_become_spaces() -> None:
    assert printable("a\nb\tc", frozenset(map(ord, "abc "))) == "a b c"
