"""gov.md: numbered clauses with prose and rules, and every fault with its place in the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.lawbook.formats import translate
from governance.lawbook.translation import BadLawFile, Document

LAW = """---
title: OMS governance
authority: OMS Compliance
enacted: 2026-01-01
---
# Governance rules

Anything before the first clause is no law.

## 7. Data protection

What we keep, and for how long.

7.3 **Deletions need approval.** Personal data goes only after a person agreed (GDPR Art. 17).

```rules
deletions: => [O] approved("delete_*")
```

- 7.4 Payroll stays for 7 years.
  ```tars
  payroll-age: age_days < 2555 => [F] delete_payroll
  ```

3.5 per cent of all records are checked.

### § 7.5 Exports

```python
print("no rule")
```

## Article 9: Money
"""


def read(text: str) -> Document:
    return translate(format="gov_md", content=text.encode())


def test_sections_headings_paragraphs_and_list_items__are_clauses() -> None:
    found = read(LAW)
    assert [(clause.number, clause.title) for clause in found.clauses] == [
        ("7", "Data protection"),
        ("7.3", "Deletions need approval"),
        ("7.4", ""),
        ("7.5", "Exports"),
        ("9", "Money"),
    ]
    assert (found.title, found.authority, found.enacted_at) == (
        "OMS governance",
        "OMS Compliance",
        "2026-01-01T00:00:00Z",
    )


def test_rules_stand_beside_the_prose_of_their_clause() -> None:
    clauses = {clause.number: clause for clause in read(LAW).clauses}
    assert clauses["7.3"].text == "Personal data goes only after a person agreed (GDPR Art. 17)."
    assert clauses["7.3"].rules == 'deletions: => [O] approved("delete_*")'
    assert clauses["7.4"].rules == "payroll-age: age_days < 2555 => [F] delete_payroll"
    assert clauses["7.4"].text.endswith("3.5 per cent of all records are checked.")
    assert clauses["7.5"].rules == "" and 'print("no rule")' in clauses["7.5"].text


def test_windows_line_ends_and_a_byte_order_mark__read_the_same() -> None:
    content = b"\xef\xbb\xbf" + LAW.replace("\n", "\r\n").encode()
    assert translate(format="gov_md", content=content) == read(LAW)


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("# Law\n\nProse.", "the file", "There are no numbered clauses"),
        ("## 1 A\n\n## 1 B", "line 3", "Clause 1 is there twice; line 1 has it too"),
        ("# Law\n\n```rules\nr1: a => [F] b\n```\n\n## 1 A", "line 3", "These rules stand in no numbered clause"),
        ("## 1 A\n\n```rules\nr1: a => [F] b\nr2: a ==> b\n```", "line 5, column 9", "value is expected"),
        ("## 1 A\n\n- item\n  ```rules\n  r1: a ==> b\n  ```", "line 5, column 11", "value is expected"),
        ("---\nenacted: soon\n---\n## 1 A", "line 1", "is no date"),
        ("", "the file", "The file is empty"),
    ],
)
def test_a_fault__names_its_place_in_the_file(text: str, place: str, why: str) -> None:
    with pytest.raises(BadLawFile) as refused:
        read(text)
    assert refused.value.problems[0][0] == place
    assert why in refused.value.problems[0][1]


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(BadLawFile) as refused:
        read("## 1 A\n\n```rules\nr1: a ==> b\n```\n\n## 1 B\n\n```rules\nr2 a => b\n```")
    assert [place for place, _ in refused.value.problems] == ["line 4, column 9", "line 7", "line 10, column 1"]
    assert refused.value.sentence.endswith("There are 2 more faults.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"## 1 A\n\xff\xfe", "Line 2: This is no UTF-8"),
        (b"## 1 A\n\n\0", "Line 3: There is a NUL"),
        (b"x" * (10 * 2**20 + 1), "Split it"),
    ],
)
def test_bytes_that_are_no_text__refused(content: bytes, why: str) -> None:
    with pytest.raises(BadLawFile) as refused:
        translate(format="gov_md", content=content)
    assert why in refused.value.sentence


@pytest.mark.parametrize("name", ["del\u200bete", "\u202edelete", "d\u0435lete => [F] x\nr2: delete"])
def test_names_that_look_like_others__refused(name: str) -> None:
    with pytest.raises(BadLawFile):
        read(f"## 1 A\n\n```rules\nr1: {name} => [F] b\n```")


@given(st.text(alphabet="# 0123456789.\n-`rules:=>[F]ab*_~\t", max_size=200))
def test_any_text__is_law_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = read(text)
    except BadLawFile as refused:
        assert refused.problems and refused.sentence
    else:
        assert len({clause.number for clause in found.clauses}) == len(found.clauses)


@pytest.mark.parametrize("mark", ["> ", "- "])
def test_nesting__read_whole_or_refused(mark: str) -> None:
    outcomes = {levels: _nested(mark * levels) for levels in (*range(1, 30), 5000)}
    assert outcomes[8] == "x" and outcomes[5000] == "line 3"
    assert set(outcomes.values()) == {"x", "line 3"}


def _nested(marks: str) -> str:
    """The clause's prose, or the place of the only fault."""
    try:
        return read(f"## 1 A\n\n{marks}x").clauses[0].text
    except BadLawFile as refused:
        ((place, _),) = refused.problems
        return place


@pytest.mark.parametrize(
    "words",
    ["per cent of all records are checked", "percent of it", "% of it", "days of notice", "million euros", "GB"],
)
def test_a_quantity_in_its_own_section__is_prose(words: str) -> None:
    (clause,) = read(f"## 7 Checks\n\n7.5 {words}.").clauses
    assert (clause.number, clause.text) == ("7", f"7.5 {words}.")


@pytest.mark.parametrize(
    "text",
    ["7.5. per cent is written out.", "§ 7.5 days are counted.", "7.5 Days are counted.", "7.5 daystar is a name."],
)
def test_a_number_that_is_no_quantity__is_a_clause(text: str) -> None:
    assert [clause.number for clause in read(f"## 7 Checks\n\n{text}").clauses] == ["7", "7.5"]
